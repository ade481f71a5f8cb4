/** How a part of a page takes its place. */
export type Swap = { readonly 'hx-swap-oob'?: 'outerMorph' };

/** Where it stands in the page. */
export const IN_PLACE: Swap = {};

/** In the place of the one before with the same id, wherever on the page that is. */
export const OUT_OF_BAND: Swap = { 'hx-swap-oob': 'outerMorph' };
