// Watches a running scan in headless Chromium until it is over, and prints what an operator would have seen, as JSON.
// usage: node watch.mjs URL SCREENSHOT_FOLDER [CHROMIUM]
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { chromium } from 'playwright-core';

const [url, folder, executablePath = '/usr/bin/chromium'] = process.argv.slice(2);

/** Far above what the scan needs on a busy machine; reaching it means that the page hangs. */
const longestScan_ms = 220_000;

const flags = [
  '--no-sandbox',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--enable-unsafe-swiftshader',
];

const value = (page, id) => page.getByTestId(id).getAttribute('data-value', { timeout: 5000 }).then(Number);
const text = (page, id) => page.getByTestId(id).innerText({ timeout: 5000 });

/** Waits until the page shows so much progress (0 to 1). */
const progress = (page, share) =>
  page.waitForFunction(
    (least) => Number(document.querySelector('[data-testid=progress]')?.dataset.value) >= least,
    share,
    { timeout: longestScan_ms },
  );

/** Number of different colours in a canvas, by test id. */
const colours = (page, id) =>
  page.getByTestId(id).evaluate((node) => {
    const canvas = node instanceof HTMLCanvasElement ? node : node.querySelector('canvas');
    const pixels = new Uint32Array(canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data.buffer);
    return new Set(pixels).size;
  });

/** How much neighbours in the slice on show differ, as a share of what it holds. */
const roughness = (page) =>
  page.evaluate(() => {
    const { size, values } = window.__xrdct.slice;
    let [steps, squares] = [0, 0];
    for (let i = 1; i < values.length; i++) {
      if (i % size !== 0 && Number.isFinite(values[i]) && Number.isFinite(values[i - 1])) {
        steps += (values[i] - values[i - 1]) ** 2;
        squares += values[i] ** 2;
      }
    }

    return steps / squares;
  });

/** What the page shows of the numbers. */
async function look(page) {
  const counters = {};
  for (const node of await page.locator('[data-testid^=counter-]').all()) {
    const name = (await node.getAttribute('data-testid')).slice('counter-'.length);
    counters[name] = Number(await node.getAttribute('data-value'));
  }

  return {
    phase: await page.getByTestId('phase').getAttribute('data-phase'),
    progress: await value(page, 'progress'),
    rate_hz: await value(page, 'rate'),
    rate_text: await text(page, 'rate'),
    latency_ms: await value(page, 'latency'),
    latency_text: await text(page, 'latency'),
    counters,
    roi: (await page.getByTestId('roi-label').count()) > 0 ? await text(page, 'roi-label') : null,
    slice_colours: await colours(page, 'slice-canvas'),
    sinogram_colours: await colours(page, 'sinogram-canvas'),
    title: await page.title(),
    body: await page.locator('body').innerText(),
    banners: await page.locator('.banner').allInnerTexts(),
    overflow_px: await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth),
  };
}

await mkdir(folder, { recursive: true });
const complaints = [];
const browser = await chromium.launch({ executablePath, headless: true, args: flags });
try {
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  page.on('console', (message) => {
    // Reading pixels back, which only this script does, makes Chromium warn.
    if (message.type() === 'error' || (message.type() === 'warning' && !message.text().includes('readback'))) {
      complaints.push(`console ${message.type()}: ${message.text()}`);
    }
  });
  page.on('pageerror', (error) => complaints.push(`exception: ${error.message}`));
  page.on('requestfailed', (request) => complaints.push(`failed: ${request.url()} ${request.failure()?.errorText}`));
  page.on('response', (response) => {
    if (response.status() >= 400) {
      complaints.push(`${response.status()} for ${response.url()}`);
    }
  });
  const foreign = new Set();
  page.on('request', (request) => {
    if (new URL(request.url()).host !== new URL(url).host && !request.url().startsWith('data:')) {
      foreign.add(request.url());
    }
  });

  await page.goto(url, { waitUntil: 'domcontentloaded' });
  await progress(page, 0.45);
  await page.getByTestId('roi-label').waitFor({ timeout: longestScan_ms });
  const middle = await look(page);

  // The pattern of the voxel under the pointer, from the slices of every bin.
  const slice = await page.getByTestId('slice-canvas').boundingBox();
  await page.mouse.move(slice.x + slice.width / 2, slice.y + slice.height / 2);
  await page.waitForFunction(() => window.__xrdct.voxel?.values.some(Number.isFinite), undefined, { timeout: 60_000 });
  const voxel = {
    key: await text(page, 'voxel-key'),
    ...(await page.evaluate(() => {
      const values = Array.from(window.__xrdct.voxel.values).filter(Number.isFinite);
      return { bins: window.__xrdct.voxel.values.length, finite: values.length, brightest: Math.max(...values) };
    })),
  };
  await page.screenshot({ path: join(folder, 'mid-scan.png') });
  await page.mouse.move(0, 0);

  // Another filter, chosen with the keyboard: a smoother slice. Then somebody else moves the axis, and gives it back.
  const isShown = (wanted) =>
    page.waitForFunction(
      ({ filter, axis }) => {
        const { reconstruction, reconstructionLag_s } = window.__xrdct.state;
        const field = document.querySelector('[data-testid=axis]');
        return reconstruction.filter === filter && reconstructionLag_s === 0 && field.value === axis;
      },
      wanted,
      { timeout: 60_000 },
    );
  const changed = { before: await roughness(page), placeholder: await page.getByTestId('axis').getAttribute('placeholder') };
  await page.getByTestId('filter').focus();
  await page.keyboard.press('End');
  await isShown({ filter: 'hann', axis: '' });
  changed.after = await roughness(page);
  changed.shown = await page.getByTestId('filter').inputValue();
  await page.screenshot({ path: join(folder, 'changed.png') });
  const post = async (change) =>
    (
      await fetch(new URL('api/reconstruction', url), {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify(change),
      })
    ).status;
  changed.posted = [await post({ axis_px: 1.5 })];
  await isShown({ filter: 'hann', axis: '1.5' });
  await page.getByTestId('axis').fill('');
  await page.keyboard.press('Enter');
  await isShown({ filter: 'hann', axis: '' });

  // A disc drawn over the suggested place: the suggestion goes elsewhere. Another one is typed and removed with the keyboard, and a third one,
  // which somebody else forbids, is removed with a click.
  const zonesAre = (count) =>
    page.waitForFunction((wanted) => window.__xrdct.roi.zones.length === wanted, count, { timeout: 20_000 });
  await page.getByTestId('forbid-toggle').click();

  // Suggestion and panels may move at any moment. What is drawn while one does is dropped, and drawn again.
  const best = () => page.evaluate(() => new Promise((told) => requestAnimationFrame(() => requestAnimationFrame(() => told(window.__xrdct.roi.candidates[0])))));
  const sight = async () => ({ best: await best(), circle: await page.locator('.best circle.casing').boundingBox() });
  const forbidden = {};
  for (let isDrawn = false; !isDrawn; ) {
    const { best: before, circle } = await sight();
    const [cx, cy] = [circle.x + circle.width / 2, circle.y + circle.height / 2];
    await page.mouse.move(cx, cy);
    await page.mouse.down();
    await page.mouse.move(cx + circle.width / 4, cy, { steps: 4 });
    Object.assign(forbidden, { before, sketched: await page.getByTestId('zone-sketch').count() });
    isDrawn = JSON.stringify(await sight()) === JSON.stringify({ best: before, circle });
    if (!isDrawn) {
      await page.keyboard.press('Escape');
    }

    await page.mouse.up();
  }

  await page.waitForFunction(
    () => {
      const { zones, candidates } = window.__xrdct.roi;
      return zones.length === 1 && Math.hypot(candidates[0].x_um - zones[0].x_um, candidates[0].y_um - zones[0].y_um) >= zones[0].radius_um;
    },
    undefined,
    { timeout: 20_000 },
  );
  Object.assign(forbidden, await page.evaluate(() => ({ zone: window.__xrdct.roi.zones[0], after: window.__xrdct.roi.candidates })));
  forbidden.entry = (await page.getByTestId('zone-entry').allInnerTexts()).join('; ');
  await page.screenshot({ path: join(folder, 'forbidden.png') });
  await page.getByTestId('zone-field').fill('300, -300, 20');
  await page.keyboard.press('Enter');
  await zonesAre(2);
  await page.getByRole('button', { name: 'Remove the forbidden zone at x 300, y −300, radius 20 µm' }).focus();
  await page.keyboard.press('Enter');
  await zonesAre(1);
  const zonesUrl = new URL('api/zones', url);
  const postZones = async (zones) => {
    const { revision = 0 } = await fetch(zonesUrl).then((answer) => (answer.status === 200 ? answer.json() : {}));
    const body = JSON.stringify({ revision, zones_um: zones.map((zone) => [zone.x_um, zone.y_um, zone.radius_um]) });
    return (await fetch(zonesUrl, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body })).status;
  };
  forbidden.posted = [await postZones([forbidden.zone, { x_um: -400, y_um: -400, radius_um: 40 }])];
  await zonesAre(2);
  const others = await page.getByTestId('zone').nth(1).boundingBox();
  await page.mouse.click(others.x + others.width / 2, others.y + others.height / 2);
  await zonesAre(1);
  await page.keyboard.press('Escape');
  forbidden.isDrawing = await page.getByTestId('forbid-toggle').getAttribute('aria-pressed');
  await page.mouse.move(0, 0);

  await page.waitForFunction(
    () => ['Complete', 'Incomplete', 'Failed'].includes(document.querySelector('[data-testid=phase]')?.dataset.phase),
    undefined,
    { timeout: longestScan_ms },
  );
  await page.getByTestId('saved-path').waitFor({ timeout: 30_000 });
  const end = { ...(await look(page)), saved: await text(page, 'saved-path') };
  changed.posted.push(await post({ filter: 'ramp' }));
  changed.fixed = await page.getByTestId('filter').isDisabled();
  forbidden.posted.push(await postZones([]));
  forbidden.tools = await page.getByTestId('forbid-toggle').count();
  forbidden.entries = await page.getByTestId('zone-entry').count();
  await page.screenshot({ path: join(folder, 'end.png') });
  await page.screenshot({ path: join(folder, 'end-full.png'), fullPage: true });

  // A wall display and a small laptop show the same page.
  await page.setViewportSize({ width: 1024, height: 700 });
  await page.waitForFunction(() => document.querySelector('main').getBoundingClientRect().width <= innerWidth);
  const small = {
    overlaps: await page.evaluate(() => {
      const panels = [...document.querySelectorAll('main > *')].map((n) => [n.className, n.getBoundingClientRect()]);
      const share = (low1, high1, low2, high2) => Math.min(high1, high2) - Math.max(low1, low2) > 1;
      return panels.flatMap(([name, a], i) =>
        panels
          .slice(i + 1)
          .filter(([, b]) => share(a.left, a.right, b.left, b.right) && share(a.top, a.bottom, b.top, b.bottom))
          .map(([other]) => `${name} and ${other}`),
      );
    }),
    overflow_px: await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth),
  };
  await page.screenshot({ path: join(folder, 'end-small.png'), fullPage: true });

  // Every channel has its own map.
  await page.setViewportSize({ width: 1440, height: 900 });
  const channels = [];
  for (const tab of await page.locator('[data-testid^=channel-]').all()) {
    const name = (await tab.getAttribute('data-testid')).slice('channel-'.length);
    await tab.click();
    await page.waitForFunction(
      (wanted) => window.__xrdct.channel === wanted && window.__xrdct.slice?.channel === wanted,
      name,
      { timeout: 10_000 },
    ).catch(() => complaints.push(`the slice of channel ${name} never came`));
    channels.push({ name, slice_colours: await colours(page, 'slice-canvas') });
    await page.screenshot({ path: join(folder, `channel-${name.replace(/[^a-z0-9]+/gi, '_')}.png`) });
  }

  // The noise lies beside the slice of the total, on a scale of its own.
  await page.getByTestId('channel-total').click();
  await page.getByTestId('noise-toggle').check({ timeout: 10_000 });
  await page.getByRole('heading', { name: 'Noise' }).waitFor({ timeout: 10_000 });
  await page.waitForTimeout(200);
  const noise_colours = await colours(page, 'slice-canvas');
  await page.screenshot({ path: join(folder, 'noise.png') });

  console.log(JSON.stringify({ noise_colours, middle, voxel, changed, forbidden, end, small, channels, complaints, foreign: [...foreign] }));
} finally {
  await browser.close();
}
