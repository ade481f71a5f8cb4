/** The whole style of the gateway's pages: they load nothing. */
export const PAGE_STYLE = `
:root {
  color-scheme: light dark;
  --ground: #f6f6fc; --card: #ffffff; --line: #e3e3f3; --text: #1d1c33; --soft: #5b5a78;
  --berry: #4b54c8; --berry-deep: #343b9c; --leaf: #3f9b6c; --alarm: #b4304f; --glow: rgb(75 84 200 / 0.12);
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #121220; --card: #1b1b2e; --line: #2d2d49; --text: #ecebfa; --soft: #a9a8c9;
    --berry: #8f98ff; --berry-deep: #b3b9ff; --leaf: #6cc598; --alarm: #ff8ba4; --glow: rgb(143 152 255 / 0.14);
  }
}
* { box-sizing: border-box; }
html { height: 100%; background: var(--ground); }
body {
  margin: 0; min-height: 100%; display: grid; place-items: center; padding: 1.5rem;
  background: radial-gradient(60rem 30rem at 50% -8rem, var(--glow), transparent) no-repeat;
  color: var(--text); font: 1rem/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif;
}
main {
  width: min(34rem, 100%); padding: 2.25rem; border: 1px solid var(--line); border-radius: 1.25rem;
  background: var(--card); box-shadow: 0 1.5rem 3rem -2rem rgb(20 20 60 / 0.35);
}
svg { display: block; width: 4rem; height: 4rem; margin: 0 0 1.25rem -0.25rem; overflow: visible; }
.fruit { fill: var(--berry); } .shade { fill: #000; opacity: 0.22; } .leaf { fill: var(--leaf); }
.failed .fruit { fill: var(--alarm); } .gone .fruit, .gone .leaf { opacity: 0.4; }
.waiting .fruit { transform-origin: 32px 38px; animation: breathe 2.4s ease-in-out infinite; }
@keyframes breathe { 50% { transform: scale(0.93); } }
@media (prefers-reduced-motion: reduce) { .waiting .fruit { animation: none; } }
.name { margin: 0; color: var(--soft); font-size: 0.9rem; overflow-wrap: anywhere; }
h1 { margin: 0.1rem 0 0.75rem; font-size: 1.6rem; line-height: 1.25; letter-spacing: -0.01em; }
.message { margin: 0; min-height: 3.1em; overflow-wrap: anywhere; white-space: pre-line; }
.note { margin: 1rem 0 0; color: var(--soft); font-size: 0.9rem; }
nav { display: flex; flex-wrap: wrap; gap: 0.5rem 1.25rem; margin: 1.25rem 0 0; }
a { color: var(--berry-deep); text-underline-offset: 0.2em; }
a:focus-visible { outline: 2px solid var(--berry); outline-offset: 3px; border-radius: 2px; }
`;
