// The panel: what the visitor sees when asked. Part of the widget, after save.js: gives the hook `panel`. Says what was
// clicked; what that means is the business of widget.js.
(function (w, d) {
  'use strict';
  var hook = w.__consentry;
  if (hook.panel) return;

  // assets.rs puts the style sheet and the English texts in here.
  var CSS = $style, ENGLISH = $english;
  var place = hook.place, node = place.node, button = place.button, ruled = place.ruled, language = place.language;
  var root, box, opener, texts, look = {};

  hook.panel = { open: open, close: close, say: say, text: text, texts: loadTexts };

  // English shows when the file of another language cannot be had.
  function loadTexts(config) {
    if (texts) return Promise.resolve(texts);
    var file = place.file && hook.answers.prefix + 'a/' + place.file;
    var loaded = file ? w.fetch(file).then(function (r) { return r.json(); }).catch(function () { return {}; }) : {};
    return Promise.resolve(loaded).then(function (own) {
      var site = config.texts || {};
      texts = Object.assign({}, ENGLISH, own, site[language] || site[language.split('-')[0]]);
      return texts;
    });
  }

  function text(key, values) {
    return (texts && texts[key] || ENGLISH[key] || '').replace(/\{(\w+)\}/g, function (all, name) {
      return values && name in values ? values[name] : all;
    });
  }

  function categoryText(category, part) {
    var own = (texts.categories || {})[category.name] || {};
    return ruled(category[part], own[part]) || (part == 'label' ? category.name : '');
  }

  // ---- Opening and closing ----

  // view: {layer: 'first'|'second', opened: 'page'|'choose'|'visitor', id, gpc, isGranted(category, service), on: {accept,
  // refuse, choose, save(choice), close}}. Focus moves only when the visitor asked for the panel.
  function open(config, view) {
    look = config.look || {};
    return loadTexts(config).then(function () {
      if (!root) {
        root = place.mount();
        place.style(root, CSS);
      }
      var hadFocus = box && root.activeElement;
      // A link in the page that opened us gets the focus back; our own button is there again by itself.
      if (!box) opener = d.activeElement !== root.host && d.activeElement;
      remove();
      box = view.layer == 'first' ? firstLayer(view) : secondLayer(config, view);
      box.lang = language;
      box.dir = place.direction;
      place.mount();
      root.prepend(box);
      place.hideDock();
      if (view.opened != 'page' || hadFocus) box.querySelector('h2').focus({ preventScroll: true });
    });
  }

  function close() {
    if (!box) return;
    var hadFocus = root.activeElement, back = opener && opener !== d.body && opener.isConnected && opener;
    remove();
    var reopen = place.showDock();
    if (hadFocus && (back || reopen)) (back || reopen).focus({ preventScroll: true });
  }

  function remove() {
    if (box) box.remove();
    box = null;
  }

  // What happens to the choice; read out by screen readers.
  function say(key, busy) {
    if (!box) return;
    box.querySelector('.status').textContent = key ? text(key) : '';
    box.setAttribute('aria-busy', String(!!busy));
    box.querySelectorAll('.choice').forEach(function (choice) { choice.setAttribute('aria-disabled', String(!!busy)); });
  }

  function frame(title, intro, view, parts) {
    return node('div', {
      class: ['box', view.layer, look.layout, look.position].join(' '), role: 'dialog',
      'aria-labelledby': 'title', 'aria-describedby': 'intro',
      // Escape puts the panel away. It is no answer: the next page asks again.
      keydown: function (event) { if (event.key == 'Escape' && !event.isComposing) view.on.close(); }
    }, [
      look.logo && node('img', { class: 'logo', src: look.logo, alt: '' }),
      node('h2', { id: 'title', tabindex: '-1' }, [title]), node('p', { id: 'intro' }, [intro])
    ].concat(parts));
  }

  // While an answer is on its way the buttons stay where they are, with their focus, and do nothing.
  function actions(buttons) {
    return node('div', { class: 'actions' }, buttons.map(function (entry) {
      return button(text(entry[0]), function (event) {
        if (event.currentTarget.getAttribute('aria-disabled') != 'true') entry[1]();
      });
    }));
  }

  function firstLayer(view) {
    return frame(text('title'), text('intro'), view, [
      node('p', { class: 'status', role: 'status' }),
      actions([['accept', view.on.accept], ['refuse', view.on.refuse], ['choose', view.on.choose]])
    ]);
  }

  // ---- The second layer ----

  function secondLayer(config, view) {
    var groups = config.categories.map(function (category) { return group(category, view); });
    return frame(text('choicesTitle'), text('choicesIntro', { days: config.lifetimeDays }), view, [
      view.gpc && node('p', {}, [text('signal')]),
      node('div', { class: 'groups' }, groups.map(function (g) { return g.node; })),
      view.id && identity(view.id),
      node('p', { class: 'status', role: 'status' }),
      actions([['accept', view.on.accept], ['refuse', view.on.refuse], ['save', function () { view.on.save(collect(groups)); }]]),
      button(text(view.opened == 'choose' ? 'back' : 'close'), view.on.close, 'plain')
    ]);
  }

  function checkbox(id, checked, fixed, described, change) {
    var input = node('input', { type: 'checkbox', id: id, disabled: fixed, 'aria-describedby': described, change: change });
    input.checked = checked;
    return input;
  }

  // A category, and its services to fold out. The category's box sets all of them; a service may deviate.
  function group(category, view) {
    var id = 'category-' + category.number, description = categoryText(category, 'description');
    var services = category.services || [], inputs = [];
    var main = checkbox(id, category.necessary || view.isGranted(category), category.necessary, id + '-about', function () {
      inputs.forEach(function (input) { input.checked = main.checked; });
      mix();
    });
    function mix() {
      main.indeterminate = inputs.some(function (input) { return input.checked != main.checked; });
    }
    var list = services.map(function (service, at) {
      var own = id + '-' + at;
      var input = checkbox(own, category.necessary || view.isGranted(category, service), category.necessary, own + '-about', mix);
      inputs.push(input);
      return node('li', {}, [input, node('label', { for: own }, [ruled(service.name) || service.slug]), about(service, own)]);
    });
    mix();
    return {
      category: category, main: main, inputs: inputs,
      node: node('div', { class: 'group' }, [
        node('div', { class: 'line' }, [main, node('label', { for: id }, [categoryText(category, 'label')]),
          category.necessary && node('span', { class: 'always' }, [text('always')])]),
        node('p', { id: id + '-about' }, [description]),
        list.length && node('details', {}, [node('summary', {}, [text('services', { count: list.length })]), node('ul', {}, list)])
      ])
    };
  }

  function about(service, id) {
    // As in the rules: `=` stands for that very host.
    var hosts = (service.hosts || []).map(function (host) { return host.replace(/^=/, ''); });
    var names = service.cookies || [];
    return node('p', { id: id + '-about' }, [
      ruled(service.purpose), hosts.length ? ' ' + text('hosts', { hosts: hosts.join(', ') }) : '',
      names.length ? ' ' + text('cookies', { names: names.join(', '), days: service.days }) : ''
    ]);
  }

  function collect(groups) {
    var choice = { categories: {}, services: {} };
    groups.filter(function (g) { return !g.category.necessary; }).forEach(function (g) {
      choice.categories[g.category.name] = g.main.checked;
      g.inputs.forEach(function (input, at) {
        if (input.checked != g.main.checked) choice.services[g.category.services[at].slug] = input.checked;
      });
    });
    return choice;
  }

  // The consent id is what a dispute is searched by (D15).
  function identity(id) {
    var copied = button(text('copy'), function () {
      Promise.resolve().then(function () { return w.navigator.clipboard.writeText(id); }).then(function () {
        copied.textContent = text('copied');
      }, function () {
        // No clipboard (an insecure origin): the text is selected, to be copied by hand.
        w.getSelection().selectAllChildren(code);
      });
    }, 'plain');
    var code = node('code', {}, [id]);
    return node('p', { class: 'identity' }, [text('id') + ' ', code, ' ', copied]);
  }
})(window, document);
