// The bridge: tells the gateway what another tool was told, by that tool's own interface in the page: its answers may be kept where
// no server can read them. Served as a hashed file and as bridge.js; put into pages where a site's rules say `bridge`. It decides
// nothing and writes no cookie: the gateway reads names and strings by the site's rules, stores the proof and sets its own cookie.
(function (w, d) {
  'use strict';
  var hook = w.__consentry || {}, data = hook.tag ? hook.tag.dataset : {};
  var self = d.currentScript, address = self && self.src, tool = self && self.dataset.tool;
  // With our origin: a page's <base> may lead to another one.
  var prefix = w.location.origin + (data.prefix || (address ? new URL(address).pathname.replace(/(a\/)?[^/]*$/, '') : '/_c/'));
  var KEY = 'consentry-bridge', fetch = w.fetch.bind(w);

  function kept(name) {
    try { return JSON.parse(w.localStorage.getItem(name)); } catch (e) { return null; }
  }

  // ---- What was said: {source, groups: {name: bool}, services: {name or id: bool}} or {source, value, beside}, null before an answer ----

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

  // Each purpose and vendor with its answer on consent; while the tool still has to ask it has none.
  function didomi() {
    var cmp = w.Didomi, asks = cmp && (cmp.shouldUserStatusBeCollected || cmp.shouldConsentBeCollected);
    if (!cmp || !cmp.getCurrentUserStatus || !asks || asks.call(cmp)) return null;
    var status = cmp.getCurrentUserStatus(), seen = { source: 'didomi', groups: {}, services: {} };
    [[status.purposes, seen.groups], [status.vendors, seen.services]].forEach(function (pair) {
      Object.keys(pair[0] || {}).forEach(function (id) { pair[1][id] = pair[0][id].enabled === true; });
    });
    return seen;
  }

  // Groups that are on; what else the site's groups are is off. Before the banner was closed they are a default.
  function onetrust() {
    var cmp = w.OneTrust, on = w.OnetrustActiveGroups || w.OptanonActiveGroups;
    if (!cmp || !cmp.IsAlertBoxClosed || !cmp.IsAlertBoxClosed() || typeof on != 'string') return null;
    var groups = {}, site = cmp.GetDomainData && cmp.GetDomainData();
    (site && site.Groups || []).forEach(function (group) { groups[group.CustomGroupId || group.OptanonGroupId] = false; });
    on.split(',').forEach(function (id) { if (id) groups[id] = true; });
    return { source: 'onetrust', groups: groups, services: {} };
  }

  // The IAB's interfaces say when there is an answer: what they said last.
  var told = {};

  function tcf(said, isGood) {
    var isAnswer = isGood && said.gdprApplies !== false && /^(tcloaded|useractioncomplete)$/.test(said.eventStatus);
    if (isAnswer && said.tcString) told.tcf = { source: 'tcf', value: said.tcString, beside: said.addtlConsent || '' };
    look();
  }

  function gpp(said, isGood) {
    var state = said && said.pingData;
    if (!isGood || !state || state.signalStatus != 'ready' || !state.gppString) return;
    told.gpp = { source: 'gpp', value: state.gppString, beside: (state.applicableSections || []).filter(function (id) { return id > 0; }).join(',') };
    look();
  }

  // ---- Telling it, once for each answer ----

  var READ = {
    usercentrics: usercentrics, osano: osano, didomi: didomi, onetrust: onetrust,
    tcf: function () { return told.tcf; }, gpp: function () { return told.gpp; }
  };
  // Pasted by hand, without a word about whom to ask.
  var tools = READ[tool] ? [tool] : ['usercentrics', 'osano'];

  var sent;

  function look() {
    Promise.all(tools.map(function (name) { return READ[name](); })).then(function (all) {
      var seen = all.filter(Boolean)[0], text = JSON.stringify(seen);
      if (!seen || kept(KEY) === text || sent === text) return;
      sent = text;
      return fetch(prefix + 'bridge', {
        method: 'POST', credentials: 'same-origin', keepalive: true,
        headers: { 'content-type': 'application/json' }, body: text
      }).then(function (response) {
        // What means nothing here is not told again on each page.
        if (response.ok || response.status == 400) try { w.localStorage.setItem(KEY, JSON.stringify(text)); } catch (e) {}
        if (!response.ok) throw new Error('bridge: ' + response.status);
        return response.json();
      }).then(obey);
    }).catch(function (error) {
      sent = null;
      w.console.warn('consentry: ' + error.message);
    });
  }

  function obey(said) {
    var services = said.services;
    if (hook.token) hook.token = said.token;
    // A policy that is made of the answer before lets nothing new in.
    if ('policy' in data) return location.reload();
    // The guard knows services by numbers.
    said.apart.split(' ').forEach(function (number) { if (number) services[Math.abs(number)] = number > 0; });
    if (hook.signal) hook.signal({ categories: said.granted, services: services });
    function activate() {
      if (hook.activate) hook.activate({ categories: said.granted, services: services });
    }
    // The activator is on its way as this script was.
    if (hook.activate || d.readyState == 'complete') activate();
    else w.addEventListener('load', activate);
  }

  // ---- When there may be something to tell ----

  // The IAB's two are defined by their tools' first inline scripts: now, or by the time the page is there. OneTrust calls a function of
  // the page's, in versions without an event that alone.
  var listens = false;

  function listen() {
    var wrapped = w.OptanonWrapper;
    if (!listens && tool == 'tcf' && w.__tcfapi) {
      listens = true;
      w.__tcfapi('addEventListener', 2, tcf);
    }
    if (!listens && tool == 'gpp' && w.__gpp) {
      listens = true;
      w.__gpp('addEventListener', gpp);
    }
    if (tool == 'onetrust' && !(wrapped && wrapped.tells)) {
      w.OptanonWrapper = function () {
        if (wrapped) wrapped.apply(this, arguments);
        look();
      };
      w.OptanonWrapper.tells = true;
    }
    look();
  }

  ['UC_UI_INITIALIZED', 'UC_UI_CMP_EVENT', 'UC_CONSENT', 'OneTrustGroupsUpdated'].forEach(function (name) { w.addEventListener(name, look); });
  w.addEventListener('load', function () {
    var manager = w.Osano && w.Osano.cm;
    if (manager && manager.addEventListener) manager.addEventListener('osano-cm-consent-saved', look);
  });
  if (tool == 'didomi') {
    (w.didomiOnReady = w.didomiOnReady || []).push(look);
    (w.didomiEventListeners = w.didomiEventListeners || []).push({ event: 'consent.changed', listener: look });
  }
  w.addEventListener('load', listen);
  d.addEventListener('DOMContentLoaded', listen);
  listen();
})(window, document);
