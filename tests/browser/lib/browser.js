// A Chromium for the tests, and what it asked the network for.
import { chromium } from 'playwright-core';

/** Starts Debian's Chromium (CONSENTRY_CHROMIUM names another). */
export function launch(options = {}) {
  return chromium.launch({
    executablePath: process.env.CONSENTRY_CHROMIUM || '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
      '--disable-component-update', '--disable-sync'],
    ...options,
  });
}

/** Records every request of a page: `.all` has the URLs, `.to(host)` those to a host or to one below it. */
export function recordRequests(page) {
  const all = [];
  page.on('request', (request) => all.push(request.url()));
  const below = (url, host) => {
    const name = new URL(url).hostname;
    return name === host || name.endsWith(`.${host}`);
  };
  return { all, to: (host) => all.filter((url) => below(url, host)), clear: () => all.splice(0) };
}

/** Records what a page complains about: uncaught errors, console errors, violations of its policies. */
export async function recordProblems(page) {
  const problems = [];
  page.on('pageerror', (error) => problems.push(`uncaught: ${error.message}`));
  page.on('console', (message) => message.type() === 'error' && problems.push(`console: ${message.text()}`));
  await page.addInitScript(() => {
    window.violations = [];
    document.addEventListener('securitypolicyviolation', (e) => window.violations.push(`${e.effectiveDirective} ${e.blockedURI} ${e.sample}`));
  });
  return problems;
}

/** The widget's parts, found as a visitor finds them. */
export function widget(page) {
  const dialog = page.getByRole('dialog');
  const button = (name) => dialog.getByRole('button', { name, exact: true });
  return {
    dialog,
    accept: button('Accept all'),
    refuse: button('Refuse all'),
    choose: button('Choose'),
    save: button('Save my choice'),
    back: button('Back'),
    close: button('Close'),
    status: dialog.getByRole('status'),
    reopen: page.getByRole('button', { name: 'Privacy choices', exact: true }),
    box: (name) => dialog.getByRole('checkbox', { name, exact: true }),
  };
}
