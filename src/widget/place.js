// Where what we show stands: one element of ours with a shadow root that the page's styles do not reach, the button in it
// that is always there, and in which language. Part of the door, after answers.js: gives the hook `place`. Builds nodes,
// never markup (Trusted Types).
(function (w, d) {
  'use strict';
  var hook = w.__consentry;
  if (hook.place) return;

  // assets.rs puts these in: the style sheet, the files of the languages, what the button is called in English.
  var CSS = $dock, FILES = $languages, REOPEN = $reopen;
  var SVG = 'http://www.w3.org/2000/svg';
  var host, root, dock, own;
  var language = chooseLanguage(), direction = /^(ar|fa|he|ur)\b/.test(language) ? 'rtl' : 'ltr';
  // What the site's rules say of the looks, if anything: {dock: 'start'|'end'|'none', css, reopen: {language: text}, held: false}.
  var look = {};
  try { look = JSON.parse(hook.tag.dataset.look); } catch (e) {}

  hook.place = {
    language: language, direction: direction, texts: texts, node: node, button: button, mount: mount, style: style, ruled: ruled,
    showDock: showDock, hideDock: hideDock,
    isThere: function () { return !host || host.isConnected; }, holds: function () { return look.held !== false; }, setLook: function (value) { look = value || look; }
  };

  // ---- Language: the page's, then the browser's, then English ----

  function chooseLanguage() {
    var wanted = [d.documentElement.lang].concat(w.navigator.languages || []);
    for (var at = 0; at < wanted.length; at++) {
      var tag = (wanted[at] || '').toLowerCase(), primary = tag.split('-')[0];
      var known = [tag, primary].find(function (l) { return l == 'en' || fileOf(l); });
      if (known) return known;
    }
    return 'en';
  }

  function fileOf(language) {
    return FILES.find(function (file) { return file.split('.')[0] == language; });
  }

  // The texts of the language, none in English and where its file cannot be had: English shows then.
  function texts() {
    var file = fileOf(language);
    own = own || (file ? hook.answers.fetch(hook.answers.prefix + 'a/' + file).then(function (r) { return r.json(); }) : Promise.resolve({}))
      .catch(function () { return {}; });
    return own;
  }

  // A name or a description from the rules: one text, or one for each language.
  function ruled(value, fallback) {
    if (!value || typeof value == 'string') return value || fallback || '';
    return value[language] || value[language.split('-')[0]] || fallback || value.en || Object.values(value)[0] || '';
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

  // A style sheet of a shadow root: none of the page's policies forbids this way.
  function style(root, text) {
    try {
      var sheet = new CSSStyleSheet();
      sheet.replaceSync(text);
      root.adoptedStyleSheets = [].concat([].slice.call(root.adoptedStyleSheets), sheet);
    } catch (e) {
      root.append(node('style', {}, [text]));
    }
  }

  // Between head and body: first in the tab order, outside of what the page's own code renders and its selectors count,
  // and out of the flow, so that nothing moves. Gives the shadow root.
  function mount() {
    if (host && host.isConnected) return root;
    host = host || node('consentry-panel');
    if (!root) {
      root = host.attachShadow({ mode: 'open' });
      style(root, CSS);
      if (look.css) style(root, look.css);
    }
    d.documentElement.insertBefore(host, d.body || (d.head && d.head.nextSibling));
    return root;
  }

  // ---- The button that is always there ----

  // `click` where it is made. Gives the button, if there is one.
  function showDock(click) {
    if (!dock && click && look.dock != 'none') {
      dock = node('section', { class: 'dock' + (look.dock == 'end' ? ' at-end' : ''), lang: language, dir: direction }, [
        node('button', { type: 'button', click: click }, [icon()])
      ]);
      call(REOPEN);
      mount().append(dock);
      texts().then(function (texts) { call(texts.reopen || REOPEN); });
    }
    if (!dock) return;
    // A page that renders itself anew (a framework, a new document) may have taken ours away.
    mount();
    dock.hidden = false;
    return dock.firstChild;
  }

  function call(label) {
    label = ruled(look.reopen, label);
    dock.setAttribute('aria-label', label);
    dock.firstChild.setAttribute('aria-label', dock.firstChild.title = label);
  }

  function hideDock() {
    if (dock) dock.hidden = true;
  }

  function icon() {
    var picture = d.createElementNS(SVG, 'svg'), path = d.createElementNS(SVG, 'path');
    picture.setAttribute('viewBox', '0 0 24 24');
    picture.setAttribute('aria-hidden', 'true');
    path.setAttribute('d', 'M12 2 4 5v6c0 5 3.4 9.4 8 11 4.6-1.6 8-6 8-11V5zm-1.2 14.2-3.5-3.5 1.6-1.6 1.9 1.9 4.3-4.3 1.6 1.6z');
    picture.append(path);
    return picture;
  }
})(window, document);
