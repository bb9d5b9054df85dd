/** Colours that canvases need; `styles.css` has the same ones. After Okabe and Ito, lightened for a dark room. */
export const theme = {
  text: '#e8eef5',
  muted: '#93a1b1',
  faint: '#55636f',
  line: '#2a3542',
  grid: 'rgba(147, 161, 177, 0.14)',
  plot: '#0a0e14',
  sky: '#62c1f5',
  amber: '#f5b740',
  green: '#3ecf9c',
  hatch: '#1b232d',
  hatchLine: '#36424f',
  unmeasured: [27, 35, 45],
  measured: [98, 193, 245],
} as const;

export const fontStack =
  'Inter, "Segoe UI Variable Text", "Segoe UI", -apple-system, Roboto, Cantarell, "Noto Sans", ' +
  '"DejaVu Sans Condensed", sans-serif';

/** The root font size, CSS pixels: everything on the page is a multiple of it, so the page grows with the screen. */
export function rem(): number {
  return parseFloat(getComputedStyle(document.documentElement).fontSize);
}
