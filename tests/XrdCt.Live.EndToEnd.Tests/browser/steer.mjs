// Does on the live page what an operator does after a coarse scan: takes the first place, confirms its moves, and watches its scan. Prints what the page said, as JSON.
// usage: node steer.mjs URL SCREENSHOT_FOLDER [CHROMIUM]
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { chromium } from 'playwright-core';

const [url, folder, executablePath = '/usr/bin/chromium'] = process.argv.slice(2);

/** Far above what a scan needs on a busy machine; reaching it means that the page hangs. */
const longestScan_ms = 200_000;

await mkdir(folder, { recursive: true });
const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-quic', '--no-first-run', '--disable-background-networking', '--enable-unsafe-swiftshader'] });
try {
  const page = await browser.newPage({ viewport: { width: 1600, height: 1000 } });
  const errors = [];
  page.on('pageerror', (error) => errors.push(String(error)));
  await page.goto(url);
  const phase = (wanted) => page.waitForSelector(`[data-testid=steering][data-phase=${wanted}]`, { state: 'attached', timeout: longestScan_ms });
  const said = () => page.getByTestId('steering-sentence').innerText();
  const motors = () =>
    page.locator('[data-testid^=motor-]').evaluateAll((cells) => cells.map((cell) => Number(cell.getAttribute('data-value'))));

  await phase('Measuring');

  // The page takes the token out of it.
  const address = page.url();
  const buttonsWhileMeasuring = await page.locator('[data-testid^=take-]').count();
  await page.getByTestId('take-1').click({ timeout: longestScan_ms });
  await phase('Proposed');
  const proposed = { moves: await page.locator('.moves tbody tr').allInnerTexts(), left: await page.getByText('s left').count() };
  await page.screenshot({ path: join(folder, 'steering-proposed.png') });
  await page.getByTestId('confirm').click();
  await phase('Scanning');
  const there = { sentence: await said(), motors_mm: await motors(), title: await page.title() };
  await page.waitForFunction(() => Number(document.querySelector('[data-testid=progress]')?.dataset.value) >= 0.5 && window.__xrdct.slice !== null, null, { timeout: longestScan_ms });
  await page.screenshot({ path: join(folder, 'steering-scanning.png') });
  await phase('Offered');
  await page.waitForFunction(() => window.__xrdct.state?.phase === 'Complete', null, { timeout: longestScan_ms });
  await page.screenshot({ path: join(folder, 'steering-measured.png') });
  console.log(JSON.stringify({ address, buttonsWhileMeasuring, proposed, there, measured: await said(), again: await page.locator('[data-testid^=take-]').count(), errors }));
} finally {
  await browser.close();
}
