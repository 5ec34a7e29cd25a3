// What is known of the visitor's answer: the companion cookie, the consent id (D15), a choice that could not be sent yet; and
// the gateway's own paths (D10). First part of the door: gives the guard's hook `answers`. Shows nothing, saves nothing.
(function (w, d) {
  'use strict';
  var hook = w.__consentry;
  if (hook.answers) return;

  // Taken now: the page may put its own in their place later.
  var fetch = w.fetch.bind(w);
  var data = hook.tag ? hook.tag.dataset : {};
  // Without a guard (a snippet pasted by hand) our own address tells the prefix: /_c/widget.js, /_c/a/widget.<hash>.js.
  var address = d.currentScript && d.currentScript.src;
  // With our origin: a page's <base> may lead to another one.
  var prefix = w.location.origin + (data.prefix || (address ? new URL(address).pathname.replace(/(a\/)?[^/]*$/, '') : '/_c/'));
  var ID = 'consentry-consent-id', PENDING = 'consentry-pending';
  var DELAYS = [1000, 2000, 4000, 8000, 16000];
  var config, services;

  hook.answers = {
    prefix: prefix, fetch: fetch, delays: DELAYS, config: loadConfig, services: loadServices, state: state, id: id, keepId: keepId, token: token,
    pending: pending, keepPending: keepPending, wait: wait, onElsewhere: onElsewhere
  };

  // ---- Tokens: "<granted hex>.<refused hex>.<version>[.<services>][~<implied hex>.<signalled hex>[!]]"; bit n is category
  // number n. What stands behind the ~ was not said: silence allows it, or a signal of the browser refuses it ----

  // What the cookie says, what the page was made for. A page of uniform delivery says nothing.
  function token() {
    var cookie = parse(hook.cookie ? hook.cookie() : cookieOf('euconsent'));
    return { cookie: cookie, page: hook.token ? parse(hook.token) : cookie, uniform: !hook.token };
  }

  function cookieOf(name) {
    return (d.cookie.match('(?:^|; )' + name + '_v=([^;]*)') || [])[1] || '';
  }

  function parse(text) {
    var half = text.split('~'), part = half[0].split('.'), unsaid = (half[1] || '').split('.');
    var granted = bits(part[0]), refused = bits(part[1]), implied = bits(unsaid[0]), signalled = bits((unsaid[1] || '').replace('!', ''));
    return {
      answered: granted !== BigInt(0) || refused !== BigInt(0),
      implied: implied !== BigInt(0),
      signalled: signalled !== BigInt(0),
      version: part[2] || '',
      granted: function (number) { return has(granted | implied, number) && !has(signalled, number); },
      refused: function (number) { return has(refused | signalled, number); }
    };
  }

  function bits(hex) {
    return /^[0-9a-f]{1,16}$/.test(hex || '') ? BigInt('0x' + hex) : BigInt(0);
  }

  function has(set, number) {
    return (set >> BigInt(number) & BigInt(1)) === BigInt(1);
  }

  // ---- The gateway's paths ----

  function loadConfig() {
    config = config || get('config', DELAYS.slice(0, 3));
    config.catch(function () { config = null; });
    return config;
  }

  // The configuration with the services of each category: most of the bytes, for who opens the choices or takes something back.
  function loadServices() {
    services = services || Promise.all([loadConfig(), get('services', DELAYS.slice(0, 2))]).then(function (got) {
      got[0].categories.forEach(function (category) { category.services = got[1][category.name]; });
      return got[0];
    });
    services.catch(function () { services = null; });
    return services;
  }

  // The server's reading: {answered, granted: [names], refused: [names], services: {slug: bool}, consentId, regime, gpc, ask}.
  function state() {
    return get('state', []);
  }

  function get(path, delays) {
    return fetch(prefix + path, { credentials: 'same-origin' }).then(function (response) {
      if (!response.ok) throw new Error(path + ': ' + response.status);
      return response.json();
    }).catch(function (error) {
      if (!delays.length) throw error;
      return wait(delays[0]).then(function () { return get(path, delays.slice(1)); });
    });
  }

  function wait(milliseconds) {
    return new Promise(function (done) { setTimeout(done, milliseconds); });
  }

  // ---- What the browser keeps ----

  // Every answer writes the id anew: that is how other tabs and frames hear of it.
  function onElsewhere(listener) {
    w.addEventListener('storage', function (event) {
      if (event.key == ID && event.newValue) listener();
    });
  }

  // A choice of an earlier page of this visit that was not saved.
  function pending() {
    try {
      return JSON.parse(storage('session').getItem(PENDING));
    } catch (e) {
      return null;
    }
  }

  function keepPending(choice) {
    keep('session', PENDING, choice);
  }

  // The consent id, unless it is older than an answer may be.
  function id() {
    try {
      var kept = JSON.parse(storage('local').getItem(ID));
      if (kept && kept.expires > Date.now()) return kept.id;
      if (kept) keep('local', ID, null);
    } catch (e) {
      keep('local', ID, null);
    }
    return null;
  }

  function keepId(value, days) {
    keep('local', ID, { id: value, expires: Date.now() + days * 86400000 });
  }

  // Storage can be switched off, full, or throw on the very look at it.
  function keep(kind, key, value) {
    try {
      if (value === null) storage(kind).removeItem(key);
      else storage(kind).setItem(key, JSON.stringify(value));
    } catch (e) {}
  }

  function storage(kind) {
    return w[kind + 'Storage'];
  }
})(window, document);
