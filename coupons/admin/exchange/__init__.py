"""Coupons, codes and shoppers to and from CSV and spreadsheets: checked line by line, then all of it or nothing."""
