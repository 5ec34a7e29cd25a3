// Debian's Firefox for the tests, driven over WebDriver BiDi (CONSENTRY_FIREFOX names another).
import puppeteer from 'puppeteer-core';

/** Starts it, with a profile of its own that asks nobody for anything. */
export function launch() {
  return puppeteer.launch({
    browser: 'firefox',
    executablePath: process.env.CONSENTRY_FIREFOX || '/usr/bin/firefox-esr',
    headless: true,
    extraPrefsFirefox: { 'network.dns.localDomains': '', 'browser.safebrowsing.downloads.enabled': false, 'network.captive-portal-service.enabled': false },
  });
}

/** The widget's parts, in its shadow root. */
export function widget(tab) {
  const part = (selector) => {
    const whole = `consentry-panel >>> ${selector}`;
    return {
      there: () => tab.waitForSelector(whole, { visible: true }),
      press: () => tab.locator(whole).click(),
      text: () => tab.$eval(whole, (node) => node.textContent.trim()),
    };
  };
  const choice = (n) => part(`.actions .choice:nth-child(${n})`);
  return {
    accept: choice(1), refuse: choice(2), third: choice(3), reopen: part('.dock button'), box: (id) => part(`#${id}`),
    gone: () => tab.waitForFunction(() => !document.querySelector('consentry-panel').shadowRoot.querySelector('.box')),
  };
}
