// The visitor's answer, as far as the browser keeps it: the companion cookie, the consent id (D15), a choice that could
// not be sent yet; and the gateway's own paths (D10). Part of the widget's bundle, after
// activate.js: gives the guard's hook `answers`. Shows nothing.
(function (w, d) {
  'use strict';
  var hook = w.__consentry;
  if (hook.answers) return;

  // Taken now: the page may put its own in their place later.
  var fetch = w.fetch.bind(w);
  var data = hook.tag ? hook.tag.dataset : {};
  // Without a guard (a snippet pasted by hand) our own address tells the prefix: /_c/widget.js, /_c/a/widget.<hash>.js.
  var address = d.currentScript && d.currentScript.src;
  var prefix = data.prefix || (address ? new URL(address).pathname.replace(/(a\/)?[^/]*$/, '') : '/_c/');
  var ID = 'consentry-consent-id', PENDING = 'consentry-pending', DAY = 86400000;
  var DELAYS = [1000, 2000, 4000, 8000, 16000];
  var config, attempt = 0;

  hook.answers = {
    prefix: prefix, config: loadConfig, state: state, id: id, token: token, save: save, pending: pending, onElsewhere: onElsewhere
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
    var half = text.split('~'), part = half[0].split('.'), unsaid = (half[1] || '').replace('!', '').split('.');
    var granted = bits(part[0]), refused = bits(part[1]), implied = bits(unsaid[0]), signalled = bits(unsaid[1]);
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

  // ---- Saving. The gateway answers when the proof is stored: until then nothing is granted ----

  // Resolves to the gateway's answer; rejects when it refused, or when every try failed. A newer choice ends the tries
  // of an older one, whose promise then never settles. `onDelay` is called before each wait.
  function save(choice, onDelay) {
    var mine = ++attempt, days = 180;
    choice = Object.assign({}, choice);
    if (id()) choice.consentId = id();
    keep(sessionStorage_(), PENDING, JSON.stringify(choice));
    return loadConfig().then(function (config) {
      days = config.lifetimeDays || days;
      return post(choice, DELAYS, mine, onDelay);
    }).then(function (result) {
      keep(sessionStorage_(), PENDING, null);
      keep(localStorage_(), ID, JSON.stringify({ id: result.consentId, expires: Date.now() + days * DAY }));
      if (hook.token) hook.token = result.token;
      return result;
    }, function (error) {
      // What the gateway turns down it would turn down on the next page too.
      if (error.final) keep(sessionStorage_(), PENDING, null);
      throw error;
    });
  }

  function post(choice, delays, mine, onDelay) {
    if (mine != attempt) return new Promise(function () {});
    return fetch(prefix + 'consent', {
      method: 'POST',
      credentials: 'same-origin',
      keepalive: true,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(choice)
    }).then(function (response) {
      if (response.ok) return response.json();
      var error = new Error('consent: ' + response.status);
      // Too busy or out of order: try again. Anything else will be the same the next time.
      error.final = response.status != 503 && response.status != 429 && response.status != 502 && response.status != 504;
      error.after = 1000 * response.headers.get('retry-after');
      throw error;
    }).catch(function (error) {
      if (mine != attempt) return new Promise(function () {});
      if (error.final || !delays.length) throw error;
      onDelay();
      return wait(Math.min(Math.max(delays[0], error.after || 0), 60000)).then(function () {
        return post(choice, delays.slice(1), mine, onDelay);
      });
    });
  }

  // Every answer writes the id anew: that is how other tabs and frames hear of it.
  function onElsewhere(listener) {
    w.addEventListener('storage', function (event) {
      if (event.key == ID && event.newValue) listener();
    });
  }

  // A choice of an earlier page of this visit that was not saved.
  function pending() {
    try {
      return JSON.parse(sessionStorage_().getItem(PENDING));
    } catch (e) {
      return null;
    }
  }

  // The consent id, unless it is older than an answer may be.
  function id() {
    try {
      var kept = JSON.parse(localStorage_().getItem(ID));
      if (kept && kept.expires > Date.now()) return kept.id;
      if (kept) keep(localStorage_(), ID, null);
    } catch (e) {
      keep(localStorage_(), ID, null);
    }
    return null;
  }

  // Storage can be switched off, full, or throw on the very look at it.
  function keep(storage, key, value) {
    try {
      if (value === null) storage.removeItem(key);
      else storage.setItem(key, value);
    } catch (e) {}
  }

  function localStorage_() {
    try { return w.localStorage; } catch (e) { return null; }
  }

  function sessionStorage_() {
    try { return w.sessionStorage; } catch (e) { return null; }
  }
})(window, document);
