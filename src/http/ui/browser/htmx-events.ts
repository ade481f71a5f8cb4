/** What this code reads of the events that htmx sends around a request. */
export type HtmxRequestEvent = CustomEvent<{
  readonly ctx: {
    readonly sourceElement: Element;
    readonly request: { readonly action: string };
    readonly response?: { readonly status: number };
  };
}>;
