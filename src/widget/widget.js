// The widget: when to ask, what an answer does, and the page's door to both (window.consentry, #consentry). Last part of
// the bundle.
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

  var answers = hook.answers, panel = hook.panel, listeners = [];
  // What this page runs: {categories, services}. Withdrawal is measured against it.
  var active = { categories: [], services: {} };
  var known = null;

  w.consentry = {
    // Resolves to {answered, granted: [categories], refused: [categories], services: {slug: bool}, consentId, regime, gpc}.
    get: function () { return known ? Promise.resolve(copy(known)) : read().then(copy); },
    // Opens the choices.
    open: function () { return openChoices(); },
    // on('change', fn): fn gets what get() resolves to, after each answer. Returns a function that ends it.
    on: function (event, listener) {
      if (event != 'change') throw new TypeError('consentry.on: unknown event ' + event);
      listeners.push(listener);
      return function () { listeners = listeners.filter(function (l) { return l !== listener; }); };
    }
  };

  // The page around a frame asks for both.
  var framed = w.top !== w;
  start();

  function copy(value) {
    return JSON.parse(JSON.stringify(value));
  }

  // ---- When to ask ----

  function start() {
    if (!framed) panel.dock(openChoices);
    d.addEventListener('click', function (event) {
      var link = event.target.closest && event.target.closest('a[href$="#consentry"]');
      if (!link || link.pathname != location.pathname || link.host != location.host) return;
      event.preventDefault();
      openChoices();
    });
    w.addEventListener('hashchange', fromHash);
    answers.onElsewhere(elsewhere);
    var asked = fromHash();
    begin(asked || framed).catch(warn);
  }

  // The address is put back: a page that is loaded again must not open the choices again.
  function fromHash() {
    if (location.hash != '#consentry') return false;
    w.history.replaceState(w.history.state, '', location.pathname + location.search);
    openChoices();
    return true;
  }

  // Another tab, or the page around this frame, has been answered. What was withdrawn there goes on here until this page is
  // left: a reload could lose what the visitor has typed.
  function elsewhere() {
    withState().then(function (config) {
      panel.close();
      tell();
      var now = { categories: known.granted, services: known.services };
      return known.answered && !isHeld() && !loses(config, active, now) ? unlock(known) : undefined;
    }).catch(warn);
  }

  function begin(quietly) {
    var token = answers.token();
    if (answers.pending() && !quietly) return resend();
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
    return answers.config().then(function (config) { return show(config, 'first', 'page'); });
  }

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
    }).then(function (answer) {
      known = {
        answered: !!answer.answered, granted: answer.granted || [], refused: answer.refused || [],
        services: answer.services || {}, consentId: answer.consentId || answers.id(),
        regime: answer.regime || 'opt-in', gpc: !!answer.gpc, ask: answer.ask !== false
      };
      return known;
    });
  }

  function unlock(answer) {
    var wanted = { categories: answer.granted, services: answer.services };
    active = wanted;
    hook.token = hook.cookie ? hook.cookie() : '';
    return activate(wanted);
  }

  // ---- The two layers ----

  function view(config, layer, opened) {
    var shown = known && (known.answered || known.regime != 'opt-in');
    return {
      layer: layer,
      opened: opened,
      id: known && known.consentId || answers.id(),
      // Nothing is ticked before the visitor has said so, but what runs already.
      isGranted: function (category, service) {
        return !!shown && isGranted(known.granted, known.services, category.name, service && service.slug);
      },
      on: {
        accept: function () { answer(config, layer, 'accept-all', everything(config, true)); },
        refuse: function () { answer(config, layer, 'refuse-all', everything(config, false)); },
        save: function (choice) { answer(config, layer, 'save', choice); },
        choose: function () { show(config, 'second', 'choose'); },
        close: function () {
          if (opened == 'choose') show(config, 'first', 'visitor');
          else panel.close();
        }
      }
    };
  }

  function show(config, layer, opened) {
    return panel.open(config, view(config, layer, opened)).catch(warn);
  }

  function isGranted(categories, services, category, service) {
    var own = service && services[service];
    return typeof own == 'boolean' ? own : categories.indexOf(category) >= 0;
  }

  function everything(config, granted) {
    var choice = { categories: {}, services: {} };
    config.categories.forEach(function (category) {
      if (!category.necessary) choice.categories[category.name] = granted;
    });
    return choice;
  }

  function openChoices() {
    return withState().then(function (config) { return show(config, 'second', 'visitor'); }).catch(warn);
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

  // ---- An answer ----

  function answer(config, layer, pressed, choice) {
    var body = { categories: choice.categories, services: choice.services, layer: layer, button: pressed, language: panel.language };
    panel.say('saving', true);
    return settle(config, body);
  }

  // A choice of the page before, which the gateway could not store then.
  function resend() {
    return withState().then(function (config) {
      return show(config, 'first', 'page').then(function () {
        panel.say('retrying', false);
        return settle(config, answers.pending());
      });
    });
  }

  function settle(config, body) {
    return answers.save(body, function () { panel.say('retrying', false); }).then(function (result) {
      var now = { categories: result.granted, services: result.services || body.services || {} };
      known = Object.assign({}, known, {
        answered: true, granted: result.granted, refused: result.refused, services: now.services, consentId: result.consentId
      });
      panel.close();
      tell();
      // What runs cannot be stopped, only not be started again. The cookie is set: the next page is without it.
      if (loses(config, active, now) || isHeld() && loses(config, now, active)) return location.reload();
      active = now;
      return activate(now);
    }, function (error) {
      warn(error);
      panel.say('failed', false);
    });
  }

  // The page has a policy that is made of the answer before, and browsers enforce it: what is new comes with the next page.
  function isHeld() {
    return !!hook.tag && 'policy' in hook.tag.dataset;
  }

  function loses(config, before, after) {
    return config.categories.some(function (category) {
      return !category.necessary && [null].concat(category.services || []).some(function (service) {
        var slug = service && service.slug;
        return isGranted(before.categories, before.services, category.name, slug) &&
          !isGranted(after.categories, after.services, category.name, slug);
      });
    });
  }

  // The guard knows services by their numbers.
  function activate(granted) {
    if (!Object.keys(granted.services).length) return activateNow(granted);
    return answers.config().then(function (config) {
      var services = Object.assign({}, granted.services);
      config.categories.forEach(function (category) {
        (category.services || []).forEach(function (service) {
          if (service.slug in services) services[service.number] = services[service.slug];
        });
      });
      return activateNow({ categories: granted.categories, services: services });
    });
  }

  // Twice while the document is still being parsed: what comes later was neutralised for the answer of before.
  function activateNow(granted) {
    var parsing = d.readyState == 'loading';
    var all = hook.activate(granted);
    if (parsing) {
      d.addEventListener('DOMContentLoaded', function () {
        all = hook.activate(granted);
        all.then(finish);
      }, { once: true });
    }
    return all.then(finish);
  }

  // The browser does not let us make some script live (Trusted Types): the server can.
  function finish(report) {
    if (report.refused && hook.token) location.reload();
  }

  function tell() {
    listeners.forEach(function (listener) {
      try { listener(copy(known)); } catch (e) { setTimeout(function () { throw e; }); }
    });
  }

  function warn(error) {
    w.console.warn('consentry: ' + (error && error.message || error));
  }
})(window, document);
