/** What this code reads of a request that htmx makes. */
interface HtmxRequest {
  readonly sourceElement: Element;
  readonly request: { readonly action: string };
  readonly response?: { readonly status: number };
}

/** Events that htmx sends around a request. */
export type HtmxRequestEvent = CustomEvent<{ readonly ctx: HtmxRequest }>;

/** `htmx:error`: also of what is no request, and then without one. */
export type HtmxErrorEvent = CustomEvent<{ readonly ctx?: HtmxRequest; readonly error: unknown }>;
