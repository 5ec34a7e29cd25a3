// Consent signals: what Google's and Microsoft's tags ask for, said before any of them runs and again after each answer. Inline,
// right behind the guard, on sites that use such tags; the same text everywhere, so that one CSP hash covers it (D11); what
// differs is in the attributes of its own tag. ASCII only. Gives the guard's hook `signal`.
//
// Basic mode: tags wait for consent, and are then told exactly what was allowed. A tag that a site's rules let run earlier finds
// everything denied.
(function (w, d) {
try {
  var hook = w.__consentry, last;
  if (!hook || hook.signal) return;
  // Beside a snippet that was pasted by hand: from the site's configuration (pasted.js).
  var data = hook.told || d.currentScript.dataset;
  // "ad_storage=marketing: analytics_storage=statistics:google-analytics": a type, and the mark of what must be granted.
  var types = data.types.split(' ').map(function (entry) { return entry.split('='); });

  function layer(entry) {
    (w.dataLayer = w.dataLayer || []).push(entry);
  }

  function google() {
    layer(arguments);
  }

  // SPEC: Google's consent mode v2, Microsoft's UET consent mode, Clarity's consent API v2.
  function say(command, isGranted) {
    var state = {};
    types.forEach(function (type) { state[type[0]] = isGranted(type) ? 'granted' : 'denied'; });
    var text = JSON.stringify(state);
    if (text == last && command == 'update') return;
    last = text;
    if (data.to.indexOf('google') >= 0) google('consent', command, state);
    if (data.to.indexOf('microsoft') < 0) return;
    (w.uetq = w.uetq || []).push('consent', command, { ad_storage: state.ad_storage });
    w.clarity = w.clarity || function () { (w.clarity.q = w.clarity.q || []).push(arguments); };
    w.clarity('consentv2', { ad_Storage: state.ad_storage, analytics_Storage: state.analytics_storage });
  }

  function named(list) {
    return function (type) { return list.split(' ').indexOf(type[0]) >= 0; };
  }

  // Google's tags that the gateway has put in (G-…, GTM-…): what their snippets would say, once they may run, before they do.
  var tags = (data.tags || '').split(' ').map(function (entry) { return entry.split('='); });
  function begin(isGranted) {
    tags = tags.filter(function (tag) {
      if (!tag[1] || !isGranted(tag)) return true;
      if (/^GTM-/.test(tag[0])) {
        layer({ 'gtm.start': Date.now(), event: 'gtm.js' });
      } else {
        google('js', new Date());
        google('config', tag[0]);
      }
    });
  }

  (data.set || '').split(' ').forEach(function (name) { if (name) google('set', name, true); });
  say('default', named(data.default));
  say('update', named(data.now));
  begin(named(data.now));

  // {categories: [names], services: {slug: true or false}}: after an answer, before anything runs for it.
  hook.signal = function (granted) {
    try {
      var isGranted = function (type) {
        var mark = type[1].split(':'), own = mark[1] && granted.services[mark[1]];
        return typeof own == 'boolean' ? own : mark[0] == 'necessary' || granted.categories.indexOf(mark[0]) >= 0;
      };
      say('update', isGranted);
      begin(isGranted);
    } catch (e) {}
  };
} catch (e) {}
})(window, document);
