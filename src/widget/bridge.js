// The bridge: tells the gateway what Usercentrics or Osano were told, since their answers are kept where no server can read
// them. Served as a hashed file and as bridge.js; put into pages where a site's rules say `bridge`. It decides nothing and
// writes no cookie: the gateway maps the names by the site's rules, stores the proof and sets its own cookie.
(function (w, d) {
  'use strict';
  var hook = w.__consentry || {}, data = hook.tag ? hook.tag.dataset : {};
  var address = d.currentScript && d.currentScript.src;
  var prefix = data.prefix || (address ? new URL(address).pathname.replace(/(a\/)?[^/]*$/, '') : '/_c/');
  var KEY = 'consentry-bridge', fetch = w.fetch.bind(w);

  function kept(name) {
    try { return JSON.parse(w.localStorage.getItem(name)); } catch (e) { return null; }
  }

  // ---- What was said: {groups: {name: bool}, services: {name or id: bool}}, or null before an answer ----

  // Version 3 has __ucCmp, version 2 UC_UI; without either what they keep in localStorage: services by their ids.
  function usercentrics() {
    var seen = { source: 'usercentrics', groups: {}, services: {} };
    if (w.__ucCmp && w.__ucCmp.getConsentDetails) {
      return Promise.resolve(w.__ucCmp.getConsentDetails()).then(function (all) {
        if (!all.consent || all.consent.type != 'EXPLICIT') return null;
        Object.keys(all.categories || {}).forEach(function (slug) {
          seen.groups[slug] = all.categories[slug].state == 'ALL_ACCEPTED';
        });
        Object.keys(all.services || {}).forEach(function (id) {
          var service = all.services[id], given = !!(service.consent && service.consent.given);
          seen.services[id] = given;
          if (service.name) seen.services[service.name] = given;
        });
        return seen;
      });
    }
    if (kept('uc_user_interaction') === true && w.UC_UI && w.UC_UI.getServicesBaseInfo) {
      w.UC_UI.getServicesBaseInfo().forEach(function (service) {
        var given = !!(service.consent && service.consent.status), group = service.categorySlug;
        seen.services[service.id] = seen.services[service.name] = given;
        if (group) seen.groups[group] = given && seen.groups[group] !== false;
      });
      return Promise.resolve(seen);
    }
    var newer = kept('ucData'), older = kept('uc_settings');
    var services = newer && newer.consent && newer.consent.services;
    if (services && newer.consent.type != 'IMPLICIT') {
      Object.keys(services).forEach(function (id) { seen.services[id] = !!services[id].consent; });
    } else if (older && older.services && kept('uc_user_interaction') === true) {
      older.services.forEach(function (service) { seen.services[service.id] = !!service.status; });
    } else return Promise.resolve(null);
    return Promise.resolve(seen);
  }

  // Osano answers by category, ACCEPT or DENY; its cookie is there once somebody saved an answer. An opt-out of sale is a no
  // to marketing.
  function osano() {
    var manager = w.Osano && w.Osano.cm;
    if (!manager || !manager.getConsent || !/(^|; )osano_consentmanager=/.test(d.cookie)) return Promise.resolve(null);
    var said = manager.getConsent(), groups = {};
    Object.keys(said).forEach(function (name) {
      if (name != 'OPT_OUT') groups[name] = said[name] == 'ACCEPT';
    });
    if (said.OPT_OUT == 'ACCEPT') groups.MARKETING = false;
    return Promise.resolve({ source: 'osano', groups: groups, services: {} });
  }

  // ---- Telling it, once for each answer ----

  function look() {
    Promise.all([usercentrics(), osano()]).then(function (both) {
      var seen = both[0] || both[1], text = JSON.stringify(seen);
      if (!seen || kept(KEY) === text) return;
      return fetch(prefix + 'bridge', {
        method: 'POST', credentials: 'same-origin', keepalive: true,
        headers: { 'content-type': 'application/json' }, body: text
      }).then(function (response) {
        if (!response.ok) throw new Error('bridge: ' + response.status);
        return response.json();
      }).then(function (said) {
        try { w.localStorage.setItem(KEY, JSON.stringify(text)); } catch (e) {}
        if (hook.token) hook.token = said.token;
        // A policy that is made of the answer before lets nothing new in.
        if ('policy' in data) return location.reload();
        if (hook.signal) hook.signal({ categories: said.granted, services: said.services });
        if (hook.activate) hook.activate({ categories: said.granted, services: said.services });
      });
    }).catch(function (error) { w.console.warn('consentry: ' + error.message); });
  }

  ['UC_UI_INITIALIZED', 'UC_UI_CMP_EVENT', 'UC_CONSENT', 'load'].forEach(function (name) { w.addEventListener(name, look); });
  w.addEventListener('load', function () {
    var manager = w.Osano && w.Osano.cm;
    if (manager && manager.addEventListener) manager.addEventListener('osano-cm-consent-saved', look);
  });
  if (d.readyState == 'complete') look();
})(window, document);
