/** Whether an `Accept` header allows one of the media types (RFC 9110, section 12.5.1). */
export function acceptsAny(accept: string | undefined, mediaTypes: readonly string[]): boolean {
  if (accept === undefined || accept === '*/*') return true;
  return mediaTypes.some((mediaType) => qualityOf(accept, mediaType) > 0);
}

/** How much an `Accept` header wants a media type, 0 to 1; the most precise range decides. */
export function qualityOf(accept: string, mediaType: string): number {
  const [type] = mediaType.split('/');
  const ranges = [mediaType, `${type ?? ''}/*`, '*/*'];
  let best = { precision: ranges.length, quality: 0 };
  for (const part of accept.split(',')) {
    const [range = '', ...parameters] = part.split(';').map((text) => text.trim().toLowerCase());
    const precision = ranges.indexOf(range);
    if (precision === -1 || precision > best.precision) continue;
    best = { precision, quality: weightOf(parameters) };
  }
  return best.quality;
}

function weightOf(parameters: readonly string[]): number {
  const weight = parameters.find((parameter) => parameter.startsWith('q='));
  if (weight === undefined) return 1;
  const quality = Number(weight.slice(2));
  return Number.isFinite(quality) ? quality : 0;
}
