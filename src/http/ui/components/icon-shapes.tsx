import type { Html } from './html.ts';

/** Our own shapes on a grid of 24, drawn with a round pen of the text's colour. */
export const ICON_SHAPES = {
  blueberry: (
    <>
      <circle cx="12" cy="13.5" r="7.5" />
      <path d="M12 13.5 9.6 9l2.4 1 2.4-1L12 13.5Z M12 6V3.5" />
    </>
  ),
  environments: (
    <>
      <path d="m12 3 8.5 4.5L12 12 3.5 7.5 12 3Z" />
      <path d="m3.5 12 8.5 4.5 8.5-4.5 M3.5 16.5 12 21l8.5-4.5" />
    </>
  ),
  repository: (
    <>
      <path d="M6.5 3.5H19v17H6.5A2.5 2.5 0 0 1 4 18V6a2.5 2.5 0 0 1 2.5-2.5Z" />
      <path d="M4 17.8A2.5 2.5 0 0 1 6.5 15.5H19 M9 7.5h6" />
    </>
  ),
  sliders: (
    <path d="M4 7h9 M18 7h2 M4 17h2 M11 17h9 M13 7a2.5 2.5 0 1 0 5 0a2.5 2.5 0 1 0-5 0 M6 17a2.5 2.5 0 1 0 5 0a2.5 2.5 0 1 0-5 0" />
  ),
  key: (
    <>
      <circle cx="8" cy="15.5" r="4.5" />
      <path d="m11.3 12.3 8.2-8.3 M16 7.5l3 3" />
    </>
  ),
  user: (
    <>
      <circle cx="12" cy="8" r="4" />
      <path d="M4.5 20.5c.8-3.8 3.8-6 7.5-6s6.7 2.2 7.5 6" />
    </>
  ),
  plus: <path d="M12 5v14 M5 12h14" />,
  minus: <path d="M5 12h14" />,
  search: (
    <>
      <circle cx="11" cy="11" r="6.5" />
      <path d="m16 16 4.5 4.5" />
    </>
  ),
  ready: (
    <>
      <circle cx="12" cy="12" r="8.5" />
      <path d="m8 12.3 2.8 2.7L16 9.5" />
    </>
  ),
  pending: <path d="M12 3.5a8.5 8.5 0 1 1-8.3 6.7" />,
  failed: (
    <>
      <circle cx="12" cy="12" r="8.5" />
      <path d="M12 7.5v5.5 M12 16.3v.1" />
    </>
  ),
  asleep: <path d="M19.8 14.3A8.3 8.3 0 0 1 9.7 4.2a8.3 8.3 0 1 0 10.1 10.1Z" />,
  deleting: <path d="M4.5 7h15 M9.5 7V4h5v3 M6.5 7l.9 13h9.2l.9-13 M10.3 11v5.5 M13.7 11v5.5" />,
  terminated: (
    <>
      <circle cx="12" cy="12" r="8.5" />
      <path d="M8.5 12h7" />
    </>
  ),
  wake: <path d="M13 3 5.5 13.5H11L10 21l8-11h-5.5L13 3Z" />,
  external: <path d="M13.5 4.5h6v6 M19.5 4.5l-8.5 8.5 M17.5 14v5.5h-13v-13H10" />,
  copy: <path d="M9 9h11v11H9Z M15 9V4H4v11h5" />,
  check: <path d="m5 12.5 4.5 4.5L19 7.5" />,
  branch: (
    <>
      <circle cx="7" cy="5.5" r="2.3" />
      <circle cx="7" cy="18.5" r="2.3" />
      <circle cx="17" cy="8" r="2.3" />
      <path d="M7 7.8v8.4 M17 10.3c0 4-6 3-9.3 5.7" />
    </>
  ),
  commit: (
    <>
      <circle cx="12" cy="12" r="3.5" />
      <path d="M3 12h5.5 M15.5 12H21" />
    </>
  ),
  clock: (
    <>
      <circle cx="12" cy="12" r="8.5" />
      <path d="M12 7.5V12l3 2" />
    </>
  ),
  redeploy: <path d="M20 11.5a8 8 0 0 0-14.3-4.4L4 9 M4 4v5h5 M4 12.5a8 8 0 0 0 14.3 4.4L20 15 M20 20v-5h-5" />,
  pause: <path d="M9 5.5v13 M15 5.5v13" />,
  play: <path d="M7.5 5v14l11-7-11-7Z" />,
  chevron: <path d="m9 6 6 6-6 6" />,
  close: <path d="m6 6 12 12 M18 6 6 18" />,
  menu: <path d="M4 7h16 M4 12h16 M4 17h16" />,
  signOut: <path d="M14 4.5H5v15h9 M10.5 12H20 M16.5 8.5 20 12l-3.5 3.5" />,
  sun: (
    <>
      <circle cx="12" cy="12" r="4" />
      <path d="M12 3v2 M12 19v2 M3 12h2 M19 12h2 M5.6 5.6 7 7 M17 17l1.4 1.4 M18.4 5.6 17 7 M7 17l-1.4 1.4" />
    </>
  ),
  info: (
    <>
      <circle cx="12" cy="12" r="8.5" />
      <path d="M12 11v5.5 M12 7.7v.1" />
    </>
  ),
  lock: <path d="M5.5 11h13v9.5h-13Z M8.5 11V7.5a3.5 3.5 0 0 1 7 0V11" />,
} as const satisfies Record<string, Html>;

export type IconName = keyof typeof ICON_SHAPES;
