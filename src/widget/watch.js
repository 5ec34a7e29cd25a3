// What the guard has no room for: elements that came with their addresses, stylesheet text, what has failed, what is read
// back. Behind rules.js in one file; when both have run, what waited for them is judged.
(function (w, d) {
  'use strict';
  var hook = w.__consentry;
  if (!hook || hook.sheets) return;

  var wrap = hook.wrap, keeps = hook.keeps, NAMES = ['src', 'srcset', 'href', 'data', 'poster'];
  // What the server made inert has a mark, and is activate.js's.
  var KEPT = NAMES.map(function (name) { return '[data-consentry-' + name + ']:not([data-consentry])'; });
  var element = w.Element.prototype, get = element.getAttribute, remove = element.removeAttribute;

  // ---- Elements that were parsed elsewhere, or cloned ----

  function scan(node) {
    var inside = node.querySelectorAll ? node.querySelectorAll('[src],[srcset],[href],[data],[poster],style') : [];
    [node].concat([].slice.call(inside)).forEach(function (each) {
      if (each.localName == 'style') {
        var text = each.textContent, safe = disarm(text);
        if (safe !== text) each.textContent = safe;
      }
      if (each.attributes) NAMES.forEach(function (name) {
        var value = get.call(each, name);
        if (value && keeps(each, name, value)) remove.call(each, name);
      });
    });
  }

  function inserting(self, args, go) {
    args.forEach(function (node) {
      if (!node || !node.nodeType) return;
      if (self.localName == 'style' && node.data) node.data = disarm(node.data);
      // What is not in the document, and was made in it, has been judged when it got its address.
      if (self.isConnected !== false || node.ownerDocument != d) scan(node);
    });
    return go();
  }

  function each(owner, names, handle) {
    var prototype = w[owner] && w[owner].prototype;
    if (prototype) wrap(prototype, names, handle);
  }

  each('Node', 'appendChild insertBefore replaceChild', inserting);
  ['Element', 'Document', 'DocumentFragment', 'CharacterData', 'DocumentType'].forEach(function (owner) {
    each(owner, 'append prepend before after replaceWith replaceChildren insertAdjacentElement', inserting);
  });
  each('Range', 'insertNode', inserting);
  // A copy in this document would load at once.
  each('Document', 'importNode', function (self, args, go) {
    var node = args[0];
    if (self != d || !args[1] || node.ownerDocument == d || !node.querySelector || !node.querySelector('img,video,audio,source')) return go();
    var copy = node.cloneNode(true), before = hook.count;
    scan(copy);
    return hook.count > before ? d.adoptNode(copy) : go();
  });
  each('Element', 'getAttribute', function (self, args, go) {
    var kept = NAMES.indexOf(args[0]) < 0 ? null : hook.kept(self, args[0]);
    return kept === null ? go() : kept;
  });
  each('Element', 'removeAttribute', function (self, args, go) {
    if (NAMES.indexOf(args[0]) >= 0) remove.call(self, 'data-consentry-' + args[0]);
    return go();
  });

  // The constructor sets the address without asking anybody.
  w.Audio = new Proxy(w.Audio, {
    construct: function (real, args, target) {
      var audio = Reflect.construct(real, [], target);
      audio.preload = 'auto';
      if (args.length) audio.src = args[0];
      return audio;
    }
  });

  // ---- Stylesheet text, with the prefix of docs/neutral-form.md ----

  function disarm(text) {
    return typeof text != 'string' ? text : text.replace(/(url\(\s*["']?|@import\s*["'])([^"')]+)/gi, function (whole, before, url) {
      return hook.waits(url, restoreSheets) ? before + 'about:invalid#consentry=' + hook.needs(url) + ';' + url : whole;
    });
  }

  function ofStyle(self, text, set) {
    set(self.localName == 'style' ? disarm(text) : text);
  }

  hook.disarm = disarm;
  hook.sheets = restoreSheets;
  hook.property(w.Node.prototype, 'textContent', ofStyle);
  hook.property(w.HTMLElement.prototype, 'innerText', ofStyle);
  hook.property(w.CSSStyleDeclaration.prototype, 'cssText', function (self, text, set) { set(disarm(text)); });
  each('CSSStyleDeclaration', 'setProperty', hook.each(disarm));
  each('CSSStyleSheet', 'insertRule addRule replace replaceSync', hook.each(disarm));
  each('CSSGroupingRule', 'insertRule', hook.each(disarm));
  each('Element', 'setAttribute', function (self, args, go) {
    if ((args[0] + '').toLowerCase() == 'style') args[1] = disarm(args[1]);
    return go();
  });

  function restored(text) {
    return text.replace(/about:invalid#consentry=[^;]*;([^"')]+)/g, function (whole, url) {
      return hook.needs(url) === undefined ? url : whole;
    });
  }

  // Rule by rule, wherever the text of a sheet came from.
  function restoreSheets() {
    [].concat([].slice.call(d.styleSheets), [].slice.call(d.adoptedStyleSheets || [])).forEach(function (sheet) {
      try {
        [].forEach.call(sheet.cssRules, function (rule, at) {
          var text = rule.cssText, live = restored(text);
          if (live == text) return;
          sheet.insertRule(live, at);
          sheet.deleteRule(at + 1);
        });
      } catch (e) {
        // Another origin's: nothing of it was ours.
      }
    });
    d.querySelectorAll('[style*="#consentry="]').forEach(function (styled) {
      [].slice.call(styled.style).forEach(function (name) {
        var value = styled.style.getPropertyValue(name), live = restored(value);
        if (live != value) styled.style.setProperty(name, live, styled.style.getPropertyPriority(name));
      });
    });
  }

  // ---- What has failed ----

  // Instead of a WebSocket, an EventSource or a worker: as if the network had refused.
  hook.fail = function (target) {
    ['send', 'close', 'postMessage', 'terminate', 'start'].forEach(function (name) { target[name] = function () {}; });
    target.readyState = 3;
    target.port = target;
    setTimeout(function () {
      ['error', 'close'].forEach(function (type) {
        var event = new Event(type);
        target.dispatchEvent(event);
        if (typeof target['on' + type] == 'function') target['on' + type](event);
      });
    });
    return target;
  };
  each('ServiceWorkerContainer', 'register', function (self, args, go) {
    return new Promise(function (done, fail) {
      function register() { go().then(done, fail); }
      if (!hook.waits(args[0], register)) register();
    });
  });

  // A copy of an element that waits is known by its attributes alone.
  function revive(copy) {
    NAMES.forEach(function (name) {
      var value = hook.kept(copy, name);
      if (!value || hook.needs(value) !== undefined) return;
      remove.call(copy, 'data-consentry-' + name);
      copy.setAttribute(name, value);
    });
  }

  // A media element has made its choice among its sources before they had an address.
  var settle = hook.settle;
  hook.settle = function () {
    settle();
    d.querySelectorAll(KEPT).forEach(revive);
    d.querySelectorAll('video,audio').forEach(function (media) {
      if (media.networkState == media.NETWORK_NO_SOURCE) media.load();
    });
  };
  hook.settle();
})(window, document);
