/** Where a sign-in link's secret is used up. The page asks for a click, so that a program which looks at links uses up none. */
export function signInLinkUrl(publicUrl: string, secret: string): string {
  return `${publicUrl}/sign-in/link?secret=${encodeURIComponent(secret)}`;
}
