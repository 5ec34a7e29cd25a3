// What stands in a frame that may not load yet: who would show something there, and two buttons. It is drawn inside the frame, so that it
// has the frame's size whatever the page's styles say, and nothing moves. A part of its own, which the door fetches when the page
// has such a frame: gives the hook `held`.
(function (w, d) {
  'use strict';
  var hook = w.__consentry;
  if (hook.held || !hook.door) return;

  var door = hook.door, place = hook.place, panel = hook.panel;
  // Frame -> the address that it waits for, when it has been drawn for that.
  var drawn = new WeakMap();

  // Draws what is missing.
  hook.held = function () {
    return door.config().then(function (config) {
      return panel.texts(config).then(function () {
        d.querySelectorAll('iframe[data-consentry-src]').forEach(function (frame) {
          if (!door.isSeen(frame) || frame.srcdoc) return;
          if (drawn.get(frame) == frame.dataset.consentrySrc) return;
          drawn.set(frame, frame.dataset.consentrySrc);
          draw(config, frame);
          // Some browsers replace the first document of a frame once more.
          frame.addEventListener('load', function () {
            if (frame.dataset.consentrySrc && inside(frame) && !inside(frame).body.firstChild) draw(config, frame);
          });
        });
      });
    });
  };

  // A frame's own first document; null in a sandbox.
  function inside(frame) {
    try { return frame.contentDocument; } catch (e) { return null; }
  }

  function draw(config, frame) {
    var doc = inside(frame), source = frame.dataset.consentrySrc;
    if (!doc || !doc.body) return;
    var waiting = servicesOf(config, frame, source), names = waiting.map(function (service) { return service.name; }).join(', ');
    var host = '';
    try { host = new URL(source, d.baseURI).hostname; } catch (e) {}
    var buttons = [place.button(panel.text('once'), function () { once(frame, source); })];
    if (waiting.length) buttons.push(place.button(panel.text('allow', { service: names }), function () { always(waiting); }));
    else buttons.push(place.button(panel.text('choose'), door.openChoices));
    doc.documentElement.lang = place.language;
    doc.documentElement.dir = place.direction;
    doc.title = frame.title || names || host;
    dress(frame, doc);
    doc.body.append(doc.adoptNode(place.node('main', {}, [
      place.node('p', {}, [panel.text('held', { service: names || host })]), place.node('div', {}, buttons)
    ])));
  }

  // A sheet belongs to the document in whose window it was made.
  function dress(frame, doc) {
    try {
      var sheet = new frame.contentWindow.CSSStyleSheet(), root = getComputedStyle(place.mount().host);
      sheet.replaceSync(':root{' + ['surface', 'ink', 'button', 'on-button', 'font'].map(function (name) {
        return '--' + name + ':' + root.getPropertyValue('--' + name);
      }).join(';') + '}' + $held);
      doc.adoptedStyleSheets = [sheet];
    } catch (e) {
      door.warn(e);
    }
  }

  // What its mark names, or who the site's rules say its address belongs to; those that may not run already. The rules may have a key
  // of the host's instead of a number.
  function servicesOf(config, frame, source) {
    var marks = frame.dataset.consentry || (hook.needs && hook.needs(source)) || '', known = door.known();
    return marks.split(',').map(function (mark) {
      var part = mark.trim().split(':'), found;
      config.categories.forEach(function (category) {
        (category.services || []).forEach(function (service) {
          if (service.slug == part[1] || service.number == part[1]) found = service;
          if (part[1] > 65535 && category.name == part[0] && isAt(source, service.hosts || [])) found = service;
        });
      });
      if (found) return { slug: found.slug, name: place.ruled(found.name) || found.slug, category: part[0] };
      return part[1] && isNaN(part[1]) && { slug: part[1], name: part[1], category: part[0] };
    }).filter(function (service) {
      return service && !(known && door.isGranted(known.granted, known.services, service.category, service.slug));
    });
  }

  function isAt(source, hosts) {
    var own = '.' + new URL(source, d.baseURI).hostname;
    return hosts.some(function (host) { return own.endsWith('.' + host); });
  }

  // For this page alone: no answer is given, and nothing is kept.
  function once(frame, source) {
    door.load('activate').then(function () {
      if (frame.hasAttribute('data-consentry')) return hook.activateOne(frame);
      frame.removeAttribute('data-consentry-src');
      hook.free = true;
      frame.setAttribute('src', hook.trust('TrustedScriptURL', source));
      hook.free = false;
    }).catch(door.warn);
  }

  function always(services) {
    var choice = { categories: {}, services: {} };
    services.forEach(function (service) { choice.services[service.slug] = true; });
    hook.flow.set(choice, 'service').catch(door.warn);
  }

  hook.held().catch(door.warn);
})(window, document);
