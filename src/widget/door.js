// The door: on every page, small. Whether there is something to ask, the button that is always there, links to #consentry,
// and window.consentry (docs/widget.md, consentry.d.ts). What is shown (widget.js) and what brings tags alive (activate.js)
// is fetched when it is wanted: a visitor who has answered loads neither. Last part of the bundle; gives the hook `door`.
(function (w, d) {
  'use strict';
  var hook = w.__consentry;
  if (w.consentry || (d.body && d.body.localName == 'frameset')) return;
  try {
    d.cookie.length;
  } catch (e) {
    // A sandbox without an origin: no answer could be kept.
    return;
  }

  // assets.rs puts in the names of the other parts' files.
  var FILES = $files, GIVES = { widget: 'flow', choices: 'choices', activate: 'activate', held: 'held', purge: 'purge', variant: 'variant' };
  var WAITING = 'iframe@,embed@,video@,audio@,source@,object[data-consentry-data]'.replace(/@/g, '[data-consentry-src]');
  var LINKS = ['#consentry', '#kookitrust-manage-cookies'];
  var answers = hook.answers, place = hook.place, listeners = [], loading = {};
  // What this page runs: {categories, services}. Withdrawal is measured against it.
  var active = { categories: [], services: {} };
  // What is known of the visitor; and its services by the guard's numbers, `17 -23`.
  var known = null, apart = '';

  hook.door = {
    known: function () { return known; },
    learn: learn, read: function () { return known ? Promise.resolve(known) : withState(); }, withState: withState, isGranted: isGranted,
    changes: changes, activate: activate, withdraw: withdraw, waiting: waiting, tell: tell, emit: emit, load: load, warn: warn,
    choices: choices, openChoices: openChoices
  };
  w.consentry = {
    get: function () { return known ? Promise.resolve(copy(known)) : read().then(copy); },
    open: function () { return openChoices(); },
    on: on,
    onChange: function (listener) { return on('change', listener); },
    set: function (choice) { return load('widget').then(function () { return hook.flow.set(choice); }).then(function () { return copy(known); }); }
  };

  // The page around a frame asks for both.
  var framed = w.top !== w;
  // After the rest of a bundle that has everything in one.
  Promise.resolve().then(start).catch(warn);

  function copy(value) {
    return JSON.parse(JSON.stringify(value));
  }

  function on(event, listener) {
    if (event != 'change') throw new TypeError('consentry.on: unknown event ' + event);
    listeners.push(listener);
    return function () { listeners = listeners.filter(function (l) { return l !== listener; }); };
  }

  // import(): no policy of the page's for Trusted Types is needed for it, and it says when it has run.
  function load(part) {
    if (hook[GIVES[part]]) return Promise.resolve();
    var address = answers.prefix + 'a/' + FILES[part];
    loading[part] = loading[part] || import(address).catch(function () {
      // A module that could not be had is not asked for again under the same name.
      return import(address + '?again');
    });
    loading[part].catch(function () { loading[part] = null; });
    return loading[part];
  }

  // ---- When to ask ----

  function start() {
    if (!framed) {
      // A snippet pasted by hand knows the site's looks from its configuration alone.
      if (hook.tag) place.showDock(openChoices);
      else answers.config().then(function (config) { place.setLook(config.look); place.showDock(openChoices); }).catch(warn);
    }
    d.addEventListener('click', function (event) {
      var link = event.target.closest && event.target.closest('a[href]');
      if (!link || LINKS.indexOf(link.hash) < 0 || link.pathname != location.pathname || link.host != location.host) return;
      event.preventDefault();
      openChoices();
    });
    w.addEventListener('hashchange', fromHash);
    // Apart from the rest: browsers open the storage for it.
    setTimeout(function () { answers.onElsewhere(elsewhere); }, 100);
    var asked = fromHash();
    begin(asked || framed).catch(warn);
    emit('ready');
    if (kept('consentry-purge')) load('purge').catch(warn);
    watch();
  }

  function kept(name) {
    try { return w.sessionStorage.getItem(name); } catch (e) {}
  }

  // Frames, films and sound that wait, as far as there is something of them to be seen.
  function waiting() {
    var all = [].map.call(d.querySelectorAll(WAITING), function (element) {
      return element.localName == 'source' ? element.parentNode : element;
    });
    return all.filter(function (element, at) { return all.indexOf(element) == at && isSeen(element); });
  }

  // What has a few pixels shows nothing to anybody. An object and an embed have no box while they wait: what they would have counts.
  function isSeen(element) {
    var style = getComputedStyle(element), name = element.localName, within = element.parentNode;
    function size(side, has) {
      return [has, style[side], element.getAttribute(side)].reduce(function (most, value) {
        return Math.max(most, /%$/.test(value) ? 999 : parseFloat(value) || 0);
      }, 0);
    }
    if (/^(object|embed)$/.test(name)) {
      return style.display != 'none' && within.getClientRects().length > 0 && !within.closest('object[data-consentry-data]') &&
        size('width', 0) >= 120 && size('height', 0) >= 70;
    }
    return name != 'picture' && element.offsetWidth >= 120 && element.offsetHeight >= (name == 'audio' ? 30 : 70);
  }

  // What comes later: containers of a framework, a page that it shows next, our own element when a whole document is rendered anew.
  function watch() {
    var planned;
    function look() {
      planned = 0;
      if (!framed && !place.isThere()) place.mount();
      var isLate = [].some.call(d.querySelectorAll('[data-consentry]'), function (element) {
        return element.dataset.consentry.split(',').every(function (mark) {
          var part = mark.trim().split(':');
          return isGranted(active.categories, active.services, part[0], part[1]);
        });
      });
      if (isLate && d.readyState != 'loading') activate(active).catch(warn);
      if (place.holds() && (hook.held || waiting().length)) {
        load('widget').then(function () { return load('held'); }).then(function () { return hook.held(); }).catch(warn);
      }
    }
    function plan() {
      planned = planned || setTimeout(look, 100);
    }
    new MutationObserver(plan).observe(d, { childList: true, subtree: true });
    plan();
  }

  // The address is put back: a page that is loaded again must not open the choices again.
  function fromHash() {
    if (LINKS.indexOf(location.hash) < 0) return false;
    w.history.replaceState(w.history.state, '', location.pathname + location.search);
    openChoices();
    return true;
  }

  // Another tab, or the page around this frame, has been answered. What was withdrawn there goes on here until this page is
  // left: a reload could lose what the visitor has typed.
  function elsewhere() {
    withState().then(function () {
      if (hook.panel) hook.panel.close();
      tell();
      return known.answered ? changes({ categories: known.granted, services: known.services }) : undefined;
    }).then(function (changes) {
      return changes && !changes.gone && !changes.held ? unlock(known) : undefined;
    }).catch(warn);
  }

  function begin(quietly) {
    var token = answers.token();
    if (answers.pending() && !quietly) return load('widget').then(function () { return hook.flow.resend(); });
    if (!token.cookie.answered && !token.page.answered && !token.uniform) {
      // Nobody has said anything. Where silence allows, nothing is to be asked.
      if (token.page.implied) return Promise.resolve();
      if (!token.page.signalled) return quietly ? Promise.resolve() : ask();
    }
    // A uniform page, one from a cache of before the answer, an answer that another tool keeps, or a signal of the browser:
    // the server knows.
    if (token.uniform || !token.cookie.answered || !token.page.answered) {
      return read().then(function (answer) {
        if (answer.answered || answer.granted.length) return unlock(answer);
        return quietly || !answer.ask || ask();
      });
    }
    return token.cookie.version == token.page.version || quietly ? Promise.resolve() : askWhatIsNew(token);
  }

  // The rules have changed since the answer: a category that it says nothing about is asked.
  function askWhatIsNew(token) {
    return answers.config().then(function (config) {
      var open = config.categories.some(function (category) {
        var number = category.number;
        return !category.necessary && !token.page.granted(number) && !token.page.refused(number);
      });
      return open ? ask() : undefined;
    });
  }

  function ask() {
    return Promise.all([answers.config(), load('widget')]).then(function (got) { return hook.flow.ask(got[0]); });
  }

  function openChoices() {
    // All at once: one has to wait for none of the others.
    answers.services().catch(warn);
    load('choices').catch(warn);
    return Promise.all([withState(), load('widget')]).then(function () { return choices('visitor'); }).catch(warn);
  }

  // `opened`: by the visitor, or by the button of the first layer.
  function choices(opened) {
    return Promise.all([answers.services(), load('choices')]).then(function (got) { return hook.flow.choose(got[0], opened); });
  }

  // ---- What is known ----

  // The server's reading of the cookie; the token where it cannot be had.
  function read() {
    return answers.state().catch(function () {
      return answers.config().then(function (config) {
        var page = answers.token().cookie;
        var names = function (test) {
          return config.categories.filter(function (c) { return !c.necessary && test(c.number); }).map(function (c) { return c.name; });
        };
        return { answered: page.answered, granted: names(page.granted), refused: names(page.refused), services: {} };
      });
    }).then(learn);
  }

  function learn(answer) {
    apart = answer.apart || '';
    known = {
      answered: !!answer.answered, granted: answer.granted || [], refused: answer.refused || [],
      services: answer.services || {}, consentId: answer.consentId || answers.id(),
      regime: answer.regime || 'opt-in', gpc: !!answer.gpc, ask: answer.ask !== false
    };
    return known;
  }

  // Reads what is known of the visitor and resolves to the configuration. A page that was delivered with something live
  // runs it, whatever another tab has said since.
  function withState() {
    return Promise.all([answers.config(), read()]).then(function (got) {
      var page = answers.token().page;
      got[0].categories.forEach(function (category) {
        var name = category.name;
        if ((page.granted(category.number) || known.granted.indexOf(name) >= 0) && active.categories.indexOf(name) < 0) {
          active.categories = active.categories.concat(name);
        }
      });
      active.services = Object.assign({}, known.services, active.services);
      return got[0];
    });
  }

  function isGranted(categories, services, category, service) {
    var own = service && services[service];
    return typeof own == 'boolean' ? own : categories.indexOf(category) >= 0;
  }

  // What another answer changes on this page. `gone`: the services (null: a category for itself) that run here and may not any more,
  // if any. `held`: browsers enforce a policy that is made of the answer before, and what is new comes with the next page.
  function changes(now) {
    var isBound = !!hook.tag && 'policy' in hook.tag.dataset;
    return Promise.all([lost(active, now), isBound && lost(now, active)]).then(function (both) {
      return { gone: both[0], held: !!both[1] };
    });
  }

  // Which services there are matters only where a category goes, or one of them has an answer of its own.
  function lost(before, after) {
    var names = before.categories.filter(function (name) { return after.categories.indexOf(name) < 0; });
    var services = Object.keys(Object.assign({}, before.services, after.services));
    if (!names.length && !services.length) return null;
    return answers.services().catch(answers.config).then(function (config) {
      var gone = [];
      config.categories.forEach(function (category) {
        if (!category.necessary) [null].concat(category.services || []).forEach(function (service) {
          var slug = service && service.slug;
          if (isGranted(before.categories, before.services, category.name, slug) &&
            !isGranted(after.categories, after.services, category.name, slug)) gone.push(service);
        });
      });
      return gone.length ? gone : null;
    });
  }

  // ---- What an answer does ----

  function unlock(answer) {
    hook.token = hook.cookie ? hook.cookie() : '';
    return activate({ categories: answer.granted, services: answer.services });
  }

  // Tags that ask for consent signals are told before any of them runs. The guard knows services by their numbers.
  function activate(granted) {
    active = granted;
    if (hook.signal) hook.signal(granted);
    // Nothing comes alive on a refusal, but what a page has for those who refused (`!marketing`).
    var isNothing = !granted.categories.length && !Object.values(granted.services).some(Boolean);
    if (isNothing && !d.querySelector('[data-consentry*="!"]')) {
      hook.granted = granted;
      if (hook.grant) hook.grant(granted);
      return Promise.resolve();
    }
    return load('activate').then(function () {
      var services = Object.assign({}, granted.services);
      apart.split(' ').forEach(function (number) { if (number) services[Math.abs(number)] = number > 0; });
      return activateNow({ categories: granted.categories, services: services });
    });
  }

  // Twice while the document is still being parsed: what comes later was neutralised for the answer of before.
  function activateNow(granted) {
    if (d.readyState == 'loading') {
      d.addEventListener('DOMContentLoaded', function () { hook.activate(granted).then(finish); }, { once: true });
    }
    return hook.activate(granted).then(finish);
  }

  // The browser does not let us make some script live (Trusted Types): the server can.
  function finish(report) {
    if (report.refused && hook.token) location.reload();
  }

  // What runs cannot be stopped, only not be started again. The cookie is set: the next page is without it.
  function withdraw(config, now, gone) {
    var reloads = config.reload !== false;
    if (hook.signal) hook.signal(now);
    return load('purge').then(function () {
      hook.purge([].concat.apply([], gone.map(function (service) { return service && service.cookies || []; })), reloads);
    }).catch(warn).then(function () {
      // What was allowed by the same answer runs now; what runs already goes on until the page is left.
      return reloads ? location.reload() : activate(now);
    });
  }

  function tell() {
    listeners.forEach(function (listener) {
      try { listener(copy(known)); } catch (e) { setTimeout(function () { throw e; }); }
    });
    emit('change', copy(known));
  }

  // DOM events for tag managers and page code: consentry:ready, consentry:change, consentry:open, consentry:close.
  function emit(name, detail) {
    d.dispatchEvent(new CustomEvent('consentry:' + name, { detail: detail }));
  }

  function warn(error) {
    w.console.warn('consentry: ' + (error && error.message || error));
  }
})(window, document);
