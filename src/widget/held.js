// What stands where a frame, a film or sound may not load yet: who would show something there, and two buttons. It is drawn inside the
// frame, so that it has the frame's size whatever the page's styles say, and nothing moves; what can hold no document has a frame of ours
// in its place for as long as it waits. A part of its own, which the door fetches when the page has such: gives the hook `held`.
(function (w, d) {
  'use strict';
  var hook = w.__consentry;
  if (hook.held || !hook.door) return;

  var door = hook.door, place = hook.place, panel = hook.panel;
  // assets.rs puts the English texts in here.
  panel.add($english);
  // Element -> the address that it waits for, when it has been drawn for that.
  var drawn = new WeakMap();
  // Element -> {frame, display, priority}: those that have a frame of ours in their place.
  var stands = new Map();
  // What a frame needs of an element to stand as that did.
  var STYLES = ('width height min-width min-height max-width max-height aspect-ratio margin-top margin-right margin-bottom margin-left position ' +
    'top right bottom left float clear vertical-align box-sizing flex-grow flex-shrink flex-basis order align-self justify-self grid-row-start ' +
    'grid-row-end grid-column-start grid-column-end z-index border-radius').split(' ');

  // Draws what is missing, takes away what nobody waits for.
  hook.held = function () {
    stands.forEach(function (stand, element) { if (!element.isConnected || !sourceOf(element)) leave(element); });
    var waiting = door.waiting().filter(function (element) { return !element.srcdoc && drawn.get(element) != sourceOf(element); });
    if (!waiting.length) return Promise.resolve();
    return Promise.all([hook.answers.services(), door.read()]).then(function (got) {
      return panel.texts(got[0]).then(function () {
        waiting.forEach(function (element) { show(got[0], element); });
      });
    });
  };

  function show(config, element) {
    var source = sourceOf(element);
    if (!source || drawn.get(element) == source) return;
    // Nobody knows yet whether it may load.
    if (!element.hasAttribute('data-consentry') && hook.needs && hook.needs(source) === '') return void setTimeout(hook.held, 300);
    drawn.set(element, source);
    var frame = element.localName == 'iframe' ? element : standIn(element);
    draw(config, element, frame);
    // Some browsers replace the first document of a frame once more.
    frame.addEventListener('load', function () {
      if (sourceOf(element) && frame.isConnected && inside(frame) && !inside(frame).body.firstChild) draw(config, element, frame);
    });
  }

  // The address that an element waits for, also by one of its sources.
  function sourceOf(element) {
    var waits = element.querySelector('source[data-consentry-src]');
    return element.dataset.consentrySrc || element.dataset.consentryData || waits && waits.dataset.consentrySrc;
  }

  // ---- A frame in the place of what can hold none ----

  function standIn(element) {
    var frame = d.createElement('iframe'), own = element.style, style = getComputedStyle(element);
    var width = element.offsetWidth, height = element.offsetHeight, shown = style.display;
    stands.set(element, { frame: frame, display: own.getPropertyValue('display'), priority: own.getPropertyPriority('display') });
    // Without a box its style says what was asked for, not what that came to: percentages stay percentages.
    own.setProperty('display', 'none', 'important');
    STYLES.forEach(function (name) { frame.style.setProperty(name, style.getPropertyValue(name)); });
    frame.style.display = shown == 'none' ? 'inline-block' : shown;
    frame.style.border = 0;
    if (width && style.width == 'auto') frame.style.width = width + 'px';
    if (width && style.height == 'auto' && style.aspectRatio == 'auto') frame.style.aspectRatio = width + '/' + height;
    element.before(frame);
    new MutationObserver(function (changes, observer) {
      if (sourceOf(element)) return;
      observer.disconnect();
      leave(element);
    }).observe(element, { attributes: true, childList: true, subtree: true });
    return frame;
  }

  function leave(element) {
    var stand = stands.get(element);
    if (!stand) return;
    stands.delete(element);
    drawn.delete(element);
    stand.frame.remove();
    element.style.setProperty('display', stand.display, stand.priority);
    // An object without a box keeps to what stands in it, whatever address it has got meanwhile.
    var data = element.localName == 'object' && element.getAttribute('data');
    if (!data) return;
    hook.free = true;
    element.setAttribute('data', hook.trust ? hook.trust('TrustedScriptURL', data) : data);
    hook.free = false;
  }

  // ---- What is drawn ----

  // A frame's own first document; null in a sandbox.
  function inside(frame) {
    try { return frame.contentDocument; } catch (e) { return null; }
  }

  function draw(config, element, frame) {
    var doc = inside(frame), source = sourceOf(element);
    if (!doc || !doc.body) return;
    var waiting = servicesOf(config, element, source), names = waiting.map(function (service) { return service.name; }).join(', ');
    var host = '';
    try { host = new URL(source, d.baseURI).hostname; } catch (e) {}
    var buttons = [place.button(panel.text('once'), function () { once(element); })];
    if (waiting.length) buttons.push(place.button(panel.text('allow', { service: names }), function () { always(waiting); }));
    else buttons.push(place.button(panel.text('choose'), door.openChoices));
    doc.documentElement.lang = place.language;
    doc.documentElement.dir = place.direction;
    doc.title = element.title || names || host;
    if (frame != element) frame.title = doc.title;
    dress(frame, doc);
    picture(config, source, doc);
    doc.body.append(doc.adoptNode(place.node('main', {}, [
      place.node('p', {}, [panel.text('held', { service: names || host })]), place.node('div', {}, buttons)
    ])));
  }

  // From the gateway, for the addresses that the site's rules name. What cannot be had, or the page's policy forbids, is left out.
  function picture(config, source, doc) {
    var address = new URL(source, d.baseURI), beginning = '.' + address.hostname + address.pathname + address.search;
    var known = config.look && config.look.thumbnails || [];
    if (!known.some(function (frame) { return beginning.indexOf('.' + frame) >= 0; })) return;
    var image = place.node('img', { alt: '', src: hook.answers.prefix + 'thumbnail?of=' + encodeURIComponent(address.href) });
    image.addEventListener('error', function () { image.remove(); });
    doc.body.append(doc.adoptNode(image));
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
  function servicesOf(config, element, source) {
    var marked = element.hasAttribute('data-consentry') ? element : element.querySelector('source[data-consentry]');
    var marks = marked ? marked.dataset.consentry : (hook.needs && hook.needs(source)) || '', known = door.known();
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
  function once(element) {
    door.load('activate').then(function () {
      [element].concat([].slice.call(element.querySelectorAll('*'))).forEach(function (each) {
        if (each.hasAttribute('data-consentry')) return hook.activateOne(each);
        ['src', 'data', 'poster'].forEach(function (name) { release(each, name); });
      });
      if (element.localName == 'video' || element.localName == 'audio') element.load();
    }).catch(door.warn);
  }

  // What the guard has kept.
  function release(element, name) {
    var value = element.getAttribute('data-consentry-' + name);
    if (!value) return;
    element.removeAttribute('data-consentry-' + name);
    hook.free = true;
    element.setAttribute(name, /^(iframe|embed|object)$/.test(element.localName) ? hook.trust('TrustedScriptURL', value) : value);
    hook.free = false;
  }

  function always(services) {
    var choice = { categories: {}, services: {} };
    services.forEach(function (service) { choice.services[service.slug] = true; });
    hook.flow.set(choice, 'service').catch(door.warn);
  }

  hook.held().catch(door.warn);
})(window, document);
