// The same page for each tool, wired as the tool's documentation says: one tag that the site knows of, and what a bundle of the page
// inserts at run time without having told anybody (a script and a pixel).
const TEXT = '<p>The first boat left at six, when the wind had gone down and the harbour was quiet again. '.repeat(12);

const page = (head, tag) => `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>Harbour</title>
<link rel="icon" href="data:,">${head}</head><body><main><h1>Harbour</h1>${TEXT.repeat(4)}</main>${tag}
<script>const s = document.createElement('script'); s.src = '@tracker@/inserted.js'; document.head.append(s); new Image().src = '@tracker@/pixel.gif';</script></body></html>`;

const KLARO = `<script defer src="/lib/klaro/dist/klaro.js" data-config="klaroConfig"></script>
<script>var klaroConfig = { acceptAll: true, mustConsent: false, services: [{ name: 'tracker', title: 'Tracker', purposes: ['marketing'] }],
translations: { en: { purposes: { marketing: 'Marketing' }, privacyPolicyUrl: '/privacy' } } };</script>`;

const VANILLA = `<link rel="stylesheet" href="/lib/vanilla-cookieconsent/dist/cookieconsent.css">
<script defer src="/lib/vanilla-cookieconsent/dist/cookieconsent.umd.js"></script>
<script>addEventListener('DOMContentLoaded', () => CookieConsent.run({ hideFromBots: false, categories: { necessary: { enabled: true, readOnly: true }, marketing: {} },
language: { default: 'en', translations: { en: { consentModal: { title: 'You decide', description: 'This site would like to use services of other companies.',
acceptAllBtn: 'Accept all', acceptNecessaryBtn: 'Reject all', showPreferencesBtn: 'Choose' }, preferencesModal: { title: 'Choices', acceptAllBtn: 'Accept all',
acceptNecessaryBtn: 'Reject all', savePreferencesBtn: 'Save', sections: [{ title: 'Marketing', linkedCategory: 'marketing' }] } } } } }));</script>`;

const TARTEAUCITRON = `<script src="/lib/tarteaucitronjs/tarteaucitron.min.js"></script>
<script>tarteaucitron.init({ privacyUrl: '', hashtag: '#tarteaucitron', cookieName: 'tarteaucitron', orientation: 'bottom', showAlertSmall: false, cookieslist: false,
DenyAllCta: true, AcceptAllCta: true, highPrivacy: true, handleBrowserDNTRequest: false, removeCredit: true, showIcon: true, useExternalCss: false });
tarteaucitron.user.gtagUa = 'G-1'; (tarteaucitron.job = tarteaucitron.job || []).push('gtag');</script>`;

const ASIDE = 'type="text/plain" data-type="application/javascript"';

/** Each tool: its page, and the buttons of its first layer. */
export const TOOLS = {
  consentry: { page: page('', '<script src="@tracker@/tag.js"></script>'), accept: ['consentry-panel', '.actions .choice:nth-child(1)'], refuse: ['consentry-panel', '.actions .choice:nth-child(2)'] },
  'vanilla-cookieconsent': { page: page(VANILLA, '<script type="text/plain" data-category="marketing" src="@tracker@/tag.js"></script>'), accept: ['#cc-main [data-role="all"]'], refuse: ['#cc-main [data-role="necessary"]'] },
  klaro: { page: page(KLARO, `<script ${ASIDE} data-name="tracker" data-src="@tracker@/tag.js"></script>`), accept: ['.klaro .cm-btn-success'], refuse: ['.klaro .cn-decline'] },
  tarteaucitron: { page: page(TARTEAUCITRON, ''), accept: ['#tarteaucitronPersonalize2'], refuse: ['#tarteaucitronAllDenied2'] },
};
