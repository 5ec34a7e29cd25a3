// The panel: what the visitor sees when asked. Part of the widget, after save.js: gives the hook `panel`. Says what was
// clicked; what that means is the business of widget.js. The second layer is in choices.js, for who opens it.
(function (w, d) {
  'use strict';
  var hook = w.__consentry;
  if (hook.panel) return;

  // assets.rs puts the style sheet and the English texts of the first layer in here.
  var CSS = $style, ENGLISH = $english;
  var place = hook.place, node = place.node, button = place.button, language = place.language;
  var root, box, opener, texts, look = {};

  hook.panel = { open: open, isOpen: function () { return !!box; }, close: close, say: say, text: text, texts: loadTexts, frame: frame, actions: actions, add: add };

  function loadTexts(config) {
    return place.texts().then(function (own) {
      var site = config.texts || {};
      texts = Object.assign({}, own, site[language] || site[language.split('-')[0]]);
      return texts;
    });
  }

  // English texts, and a style sheet, of a part that has come later.
  function add(english, css) {
    Object.assign(ENGLISH, english);
    if (css) place.style(place.mount(), css);
  }

  function text(key, values) {
    var found = texts && texts[key] || ENGLISH[key] || '';
    return typeof found != 'string' ? found : found.replace(/\{(\w+)\}/g, function (all, name) {
      return values && name in values ? values[name] : all;
    });
  }

  // ---- Opening and closing ----

  // view: {layer: 'first'|'second', opened: 'page'|'choose'|'visitor', id(), gpc, isGranted(category, service), on: {accept,
  // refuse, choose, save(choice), close}}. Focus moves only when the visitor asked for the panel.
  function open(config, view) {
    look = config.look || {};
    return loadTexts(config).then(function () {
      if (!root) {
        root = place.mount();
        place.style(root, CSS);
        if (look.panel) place.style(root, look.panel);
      }
      var hadFocus = box && root.activeElement;
      // A link in the page that opened us gets the focus back; our own button is there again by itself.
      if (!box) opener = d.activeElement !== root.host && d.activeElement;
      remove();
      box = view.layer == 'first' ? firstLayer(view) : hook.choices(config, view);
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
})(window, document);
