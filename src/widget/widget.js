// The flow of asking: what each button of the panel means, and what an answer does. Last part of the widget, which the door
// fetches when there is something to ask or the visitor opens the choices: gives the hook `flow`.
(function (w) {
  'use strict';
  var hook = w.__consentry;
  if (hook.flow || !hook.door) return;

  var answers = hook.answers, panel = hook.panel, door = hook.door;

  hook.flow = {
    ask: function (config) { return show(config, 'first', 'page'); },
    // The first layer may have been put away, or answered, while this one was on its way.
    choose: function (config, opened) { if (opened != 'choose' || panel.isOpen()) return show(config, 'second', opened); },
    resend: resend,
    set: set
  };

  // ---- The two layers ----

  function view(config, layer, opened) {
    var known = door.known(), shown = known && (known.answered || known.regime != 'opt-in');
    return {
      layer: layer,
      opened: opened,
      gpc: !!known && known.gpc,
      // Not before it is shown: the first look into the browser's storage takes its time.
      id: function () { return known && known.consentId || answers.id(); },
      // Nothing is ticked before the visitor has said so, but what runs already.
      isGranted: function (category, service) {
        return !!shown && door.isGranted(known.granted, known.services, category.name, service && service.slug);
      },
      on: {
        accept: function () { answer(config, layer, 'accept-all', everything(config, true)); },
        refuse: function () { answer(config, layer, 'refuse-all', everything(config, false)); },
        save: function (choice) { answer(config, layer, 'save', choice); },
        choose: function () {
          panel.say('', true);
          door.choices('choose').catch(function (error) {
            door.warn(error);
            panel.say('', false);
          });
        },
        close: function () {
          if (opened == 'choose') return show(config, 'first', 'visitor');
          panel.close();
          door.emit('close');
        }
      }
    };
  }

  function show(config, layer, opened) {
    return dressed(config).then(function (config) {
      return panel.open(config, view(config, layer, opened)).then(function () {
        if (config.variant && layer == 'first' && opened == 'page') hook.variant.shown(config);
      });
    }).then(function () { door.emit('open', { layer: layer }); }).catch(door.warn);
  }

  // In the form that this visitor sees, where the site's rules compare several.
  function dressed(config) {
    if (!config.variants) return Promise.resolve(config);
    return door.load('variant').then(function () { return hook.variant.dress(config); }).catch(function (error) {
      door.warn(error);
      return config;
    });
  }

  function everything(config, granted) {
    var choice = { categories: {}, services: {} };
    config.categories.forEach(function (category) {
      if (!category.necessary) choice.categories[category.name] = granted;
    });
    return choice;
  }

  // ---- An answer ----

  function answer(config, layer, pressed, choice) {
    panel.say('saving', true);
    // The visitor sees that the press has arrived before anything else is done.
    return painted().then(function () {
      // While the answer is on its way.
      if (pressed != 'refuse-all') door.load('activate').catch(door.warn);
      return settle(config, Object.assign(body(choice, layer, pressed), config.variant && { widgetVariant: config.variant, consentId: hook.variant.id(config) }));
    }).catch(function (error) {
      door.warn(error);
      panel.say('failed', false);
    });
  }

  // After the next frame; a window that draws none is not waited for.
  function painted() {
    return new Promise(function (done) {
      w.requestAnimationFrame(function () { setTimeout(done); });
      setTimeout(done, 100);
    });
  }

  function body(choice, layer, pressed) {
    return {
      categories: choice.categories, services: choice.services, layer: layer, button: pressed, language: hook.place.language
    };
  }

  // The page's own code answers for the visitor who pressed something of the page's: true, false, or {categories, services}.
  // What it does not name keeps its answer.
  function set(choice, button) {
    return door.withState().then(function (config) {
      var known = door.known(), all = typeof choice == 'boolean' ? everything(config, choice) : { categories: {}, services: {} };
      if (typeof choice != 'boolean') {
        known.granted.forEach(function (name) { all.categories[name] = true; });
        known.refused.forEach(function (name) { all.categories[name] = false; });
        Object.assign(all.categories, choice.categories);
        if (known.answered) Object.assign(all.services, known.services);
        Object.assign(all.services, choice.services);
      }
      return settle(config, body(all, 'page', button || 'api'));
    });
  }

  // A choice of the page before, which the gateway could not store then.
  function resend() {
    return door.withState().then(function (config) {
      return show(config, 'first', 'page').then(function () {
        panel.say('retrying', false);
        return settle(config, answers.pending()).catch(function (error) {
          door.warn(error);
          panel.say('failed', false);
        });
      });
    });
  }

  function settle(config, body) {
    return hook.save(body, function () { panel.say('retrying', false); }).then(function (result) {
      var now = { categories: result.granted, services: result.services || body.services || {} };
      return door.changes(now).then(function (changes) {
        door.learn(Object.assign({}, door.known(), {
          answered: true, granted: result.granted, refused: result.refused, services: now.services, consentId: result.consentId,
          apart: result.apart
        }));
        // Before anybody hears of the answer, those that ask for signals know it.
        if (hook.signal) hook.signal(now);
        if (hook.variant) hook.variant.forget();
        panel.close();
        door.tell();
        return changes.gone ? door.withdraw(config, now, changes.gone) : changes.held ? w.location.reload() : door.activate(now);
      });
    });
  }
})(window);
