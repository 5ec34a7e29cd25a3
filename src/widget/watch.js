// What the guard has no room for: elements that came with their addresses, single properties of styles, what has failed,
// what is read back. Before rules.js in one file; when both have run, what waited for them is judged.
(function (w, d) {
  'use strict';
  var hook = w.__consentry;
  if (!hook || hook.sheets) return;

  var wrap = hook.wrap, keeps = hook.keeps, disarm = hook.disarm, NAMES = ['src', 'srcset', 'href', 'data', 'poster'];
  // What the server made inert has a mark, and is activate.js's.
  var KEPT = NAMES.map(function (name) { return '[data-consentry-' + name + ']:not([data-consentry])'; });
  var element = w.Element.prototype, get = element.getAttribute, remove = element.removeAttribute;

  // ---- Elements that were parsed elsewhere, or cloned ----

  // Whether something of it has to wait.
  function scan(node) {
    var inside = node.querySelectorAll ? node.querySelectorAll('[src],[srcset],[href],[data],[poster],[style*="url("],style') : [];
    return [node, ...inside].filter(scanOne).length > 0;
  }

  function scanOne(element) {
    var waits = false;
    if (element.localName == 'style') {
      var text = element.textContent, safe = disarm(text, element);
      waits = safe !== text;
      if (waits) element.textContent = safe;
    }
    if (element.style) scanStyle(element);
    if (element.attributes) NAMES.forEach(function (name) {
      var value = get.call(element, name);
      if (!value || !keeps(element, name, value)) return;
      remove.call(element, name);
      waits = true;
    });
    return waits;
  }

  // A property that was set by its name (`style.background = …`) asks nobody. It is set again by one that is judged, before
  // the browser looks at styles: unless a script asks for the layout in between.
  function scanStyle(element) {
    if ((get.call(element, 'style') || '').indexOf('url(') < 0) return;
    var style = element.style;
    [...style].forEach(function (name) {
      var value = style.getPropertyValue(name);
      if (disarm(value, style) !== value) style.setProperty(name, value, style.getPropertyPriority(name));
    });
  }

  var styles = new MutationObserver(function (changes) {
    changes.forEach(function (change) { scanStyle(change.target); });
  });

  function watchStyles(root) {
    styles.observe(root, { attributes: true, attributeFilter: ['style'], subtree: true });
    return root;
  }

  watchStyles(d);
  // It does not look into shadow roots by itself.
  wrap('Element', 'attachShadow', function (self, args, go) { return watchStyles(go()); });

  function inserting(self, args, go) {
    args.forEach(function (node) {
      if (!node || !node.nodeType) return;
      if (self.localName == 'style' && node.data) disarm(node, self);
      // What is not in the document, and was made in it, has been judged when it got its address.
      if (self.isConnected !== false || node.ownerDocument != d) scan(node);
    });
    return go();
  }

  wrap('Node', 'appendChild insertBefore replaceChild', inserting);
  ['Element', 'Document', 'DocumentFragment', 'CharacterData', 'DocumentType'].forEach(function (owner) {
    wrap(owner, 'append prepend before after replaceWith replaceChildren insertAdjacentElement', inserting);
  });
  wrap('Range', 'insertNode', inserting);
  // A copy in this document would load at once.
  wrap('Document', 'importNode', function (self, args, go) {
    var node = args[0];
    if (self != d || !args[1] || node.ownerDocument == d || !node.querySelector || !node.querySelector('img,video,audio,source')) return go();
    var copy = node.cloneNode(true);
    return scan(copy) ? d.adoptNode(copy) : go();
  });
  wrap('Element', 'getAttribute', function (self, args, go) {
    var kept = NAMES.indexOf(args[0]) < 0 ? null : hook.kept(self, args[0]);
    return kept === null ? go() : kept;
  });
  wrap('Element', 'removeAttribute', function (self, args, go) {
    if (NAMES.indexOf(args[0]) >= 0) remove.call(self, 'data-consentry-' + args[0]);
    return go();
  });

  // ---- Stylesheet text, with the prefix of docs/neutral-form.md ----

  wrap('CSSStyleSheet', 'addRule', hook.each(disarm));
  wrap('HTMLElement', 'innerText', function (self, args, go) {
    if (self.localName == 'style') args[0] = disarm(args[0], self);
    return go();
  });

  function restored(text) {
    return text.replace(/about:invalid#consentry=[^;]*;([^"')]+)/g, function (whole, url) {
      return hook.needs(url) === undefined ? url : whole;
    });
  }

  // Where text was disarmed: a sheet or a rule, a declaration, or an element, with all that was given to it as markup.
  hook.sheets = function (self) {
    try {
      if (self.cssRules) return restoreRules(self);
      if (self.getPropertyValue) return restoreStyle(self);
      var root = self.getRootNode ? self.getRootNode() : d;
      [self, root].forEach(function (inside) {
        [inside, ...inside.querySelectorAll ? inside.querySelectorAll('style,[style*="#consentry="]') : []].forEach(function (each) {
          if (each.sheet) restoreRules(each.sheet);
          if (each.style) restoreStyle(each.style);
        });
      });
    } catch (e) {
      // A sheet of another origin: nothing of it was ours.
    }
  };

  // Rule by rule, wherever the text of a sheet came from.
  function restoreRules(sheet) {
    [...sheet.cssRules].forEach(function (rule, at) {
      var text = rule.cssText, live = text.indexOf('#consentry=') < 0 ? text : restored(text);
      if (live == text) return;
      sheet.deleteRule(at);
      sheet.insertRule(live, at);
    });
  }

  function restoreStyle(style) {
    [...style].forEach(function (name) {
      var value = style.getPropertyValue(name), live = restored(value);
      if (live != value) style.setProperty(name, live, style.getPropertyPriority(name));
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
})(window, document);
