"""The stack without one of its pieces: what is switched off, by the name of the ablation."""

ABLATIONS: dict[str, tuple[str, ...]] = {
    "literal_fusion": ("fusion.fusion=literal",),
    "without_rnn": ("interest.enabled=off",),
    "without_autoencoder": ("encoder.enabled=off",),
    "without_boosting": ("classic.boosting_enabled=off",),
    "without_cf": ("classic.als_enabled=off",),
    "without_augmentation": ("interest.crop_probability=0", "interest.input_noise=0", "encoder.noise=0"),
    "code_z": ("encoder.output=code",),
}
"""`code_z` reads the code z where the stack reads the reconstruction x'."""
