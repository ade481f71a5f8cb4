declare module '@alpinejs/csp' {
  /** What a component finds on `this`. */
  export interface Magics {
    readonly $el: HTMLElement;
    readonly $refs: Readonly<Record<string, HTMLElement | undefined>>;
  }
  const Alpine: {
    data(name: string, component: () => object & ThisType<Magics & Record<string, unknown>>): void;
    start(): void;
  };
  export default Alpine;
}
