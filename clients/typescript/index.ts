// Typed calls of the coupon platform's API. `schema.d.ts` is generated from the OpenAPI document: `make clients`.
import createClient from 'openapi-fetch'
import type { paths } from './schema'

export type { components, paths } from './schema'

/** `shopperToken` goes with a browser's key; a server's key needs none. */
export const couponClient = (options: { baseUrl: string; apiKey: string; shopperToken?: string }) =>
  createClient<paths>({
    baseUrl: options.baseUrl,
    headers: {
      Authorization: `Api-Key ${options.apiKey}`,
      ...(options.shopperToken ? { 'Shopper-Token': options.shopperToken } : {}),
    },
  })
