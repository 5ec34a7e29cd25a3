// The panel: what the visitor sees, in a shadow root that the page's styles do not reach. Part of the widget's bundle,
// after answers.js: gives the hook `panel`. Builds nodes, never markup (Trusted Types), and says what was clicked; what
// that means is the business of widget.js.
(function (w, d) {
  'use strict';
  var hook = w.__consentry;
  if (hook.panel) return;

  // assets.rs puts the style sheet, the English texts and the names of the other languages' files in here.
  var CSS = '@@widget.css@@', ENGLISH = '@@en.json@@', LANGUAGES = '@@languages@@';
  var SVG = 'http://www.w3.org/2000/svg';
  var RIGHT_TO_LEFT = /^(ar|fa|he|ur)\b/;
  var host, root, dock, box, opener, texts;
  var language = chooseLanguage();

  hook.panel = { language: language, dock: showDock, open: open, close: close, say: say, text: text, isOpen: isOpen };

  // ---- Language: the page's, then the browser's, then English ----

  function chooseLanguage() {
    var wanted = [d.documentElement.lang].concat(w.navigator.languages || []);
    for (var at = 0; at < wanted.length; at++) {
      var tag = (wanted[at] || '').toLowerCase(), primary = tag.split('-')[0];
      var known = [tag, primary].find(function (l) { return l == 'en' || Object.keys(LANGUAGES).indexOf(l) >= 0; });
      if (known) return known;
    }
    return 'en';
  }

  // English shows when the file of another language cannot be had.
  function loadTexts(config) {
    if (texts) return Promise.resolve(texts);
    var file = LANGUAGES[language] && hook.answers.prefix + 'a/' + LANGUAGES[language].file;
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

  // A name or a description from the rules: one text, or one for each language.
  function ruled(value, fallback) {
    if (!value || typeof value == 'string') return value || fallback || '';
    return value[language] || value[language.split('-')[0]] || fallback || value.en || Object.values(value)[0] || '';
  }

  function categoryText(category, part) {
    var own = (texts.categories || {})[category.name] || {};
    return ruled(category[part], own[part]) || (part == 'label' ? category.name : '');
  }

  // ---- Nodes ----

  function node(name, attributes, children) {
    var made = d.createElement(name);
    Object.keys(attributes || {}).forEach(function (key) {
      var value = attributes[key];
      if (typeof value == 'function') made.addEventListener(key, value);
      else if (value !== false && value !== undefined) made.setAttribute(key, value === true ? '' : value);
    });
    (children || []).forEach(function (child) { if (child) made.append(child); });
    return made;
  }

  function button(label, click, kind) {
    return node('button', { type: 'button', class: kind || 'choice', click: click }, [label]);
  }

  // Between head and body: first in the tab order, outside of what the page's own code renders and its selectors count,
  // and out of the flow, so that nothing moves.
  function mount() {
    if (host && host.isConnected) return;
    host = host || node('consentry-panel');
    if (!root) {
      root = host.attachShadow({ mode: 'open' });
      try {
        var sheet = new CSSStyleSheet();
        sheet.replaceSync(CSS);
        root.adoptedStyleSheets = [sheet];
      } catch (e) {
        root.append(node('style', {}, [CSS]));
      }
    }
    d.documentElement.insertBefore(host, d.body || (d.head && d.head.nextSibling));
  }

  // ---- The button that is always there ----

  function showDock(click) {
    if (!dock) {
      var label = text('reopen');
      if (LANGUAGES[language]) label = LANGUAGES[language].reopen;
      var reopen = node('button', { type: 'button', 'aria-label': label, title: label, click: click }, [icon()]);
      dock = node('section', { class: 'dock', 'aria-label': label, lang: language }, [reopen]);
    }
    mount();
    if (!dock.isConnected) root.append(dock);
  }

  function icon() {
    var picture = d.createElementNS(SVG, 'svg'), path = d.createElementNS(SVG, 'path');
    picture.setAttribute('viewBox', '0 0 24 24');
    picture.setAttribute('aria-hidden', 'true');
    path.setAttribute('d', 'M12 2 4 5v6c0 5 3.4 9.4 8 11 4.6-1.6 8-6 8-11V5zm-1.2 14.2-3.5-3.5 1.6-1.6 1.9 1.9 4.3-4.3 1.6 1.6z');
    picture.append(path);
    return picture;
  }

  // ---- Opening and closing ----

  function isOpen() {
    return !!box;
  }

  // view: {layer: 'first'|'second', opened: 'page'|'choose'|'visitor', id, isGranted(category, service), on: {accept,
  // refuse, choose, save(choice), close}}. Focus moves only when the visitor asked for the panel.
  function open(config, view) {
    return loadTexts(config).then(function () {
      var hadFocus = box && root.activeElement;
      // A link in the page that opened us gets the focus back; our own button is there again by itself.
      if (!box) opener = d.activeElement !== host && d.activeElement;
      remove();
      box = view.layer == 'first' ? firstLayer(view) : secondLayer(config, view);
      box.lang = language;
      if (RIGHT_TO_LEFT.test(language)) box.dir = 'rtl';
      mount();
      root.prepend(box);
      if (dock) dock.hidden = true;
      if (view.opened != 'page' || hadFocus) box.querySelector('h2').focus({ preventScroll: true });
    });
  }

  function close() {
    if (!box) return;
    var hadFocus = root.activeElement;
    remove();
    if (!dock) return;
    dock.hidden = false;
    if (!hadFocus) return;
    if (opener && opener !== d.body && opener.isConnected) opener.focus({ preventScroll: true });
    else dock.firstChild.focus({ preventScroll: true });
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
      class: 'box ' + view.layer, role: 'dialog', 'aria-labelledby': 'title', 'aria-describedby': 'intro',
      // Escape puts the panel away. It is no answer: the next page asks again.
      keydown: function (event) { if (event.key == 'Escape' && !event.isComposing) view.on.close(); }
    }, [node('h2', { id: 'title', tabindex: '-1' }, [title]), node('p', { id: 'intro' }, [intro])].concat(parts));
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
    return node('p', { id: id + '-about' }, [
      ruled(service.purpose), hosts.length ? ' ' + text('hosts', { hosts: hosts.join(', ') }) : ''
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
