// The judgement for what is made at run time: which service a URL belongs to, and whether it may run. Loaded by the page
// beside the guard, kept for ever (its name is its hash); holds the site's own rules, as policy/packed.rs writes them, and fetches the rest,
// the catalogue's hosts, when it is asked about a host that it does not know. Gives the guard's hook `judge` and `grant`; stands behind
// watch.js, which watches what the guard has left to it: then what waited for both is judged.
// Same answers as Site::service_at: a test compares them.
(function (w, CATEGORIES, text, cookies, file) {
  'use strict';
  var hook = w.__consentry;
  if (!hook || hook.grant) return;

  var layers = text.split('\n\n').map(read);
  // {categories: [names], services: {number or key: true or false}}: what runs on this page.
  var granted = hook.granted || ofPage();

  hook.judge = judge;

  // A URL object -> what must be granted, `marketing:17`; undefined when it may go; '' while nobody knows. `now` is 1 for what
  // cannot wait.
  function judge(url, now) {
    var host = url.hostname.replace(/\.+$/, '');
    var path = url.href.replace(/#.*/, '').replace(/^\w+:\/\/[^\/]*/, '');
    var rule = serviceAt(layers[0], host, path);
    if (!rule && isRestWanted(host, now)) return '';
    rule = rule || serviceAt(layers[1], host, path);
    return rule && !isGranted(rule) ? CATEGORIES[rule.category] + ':' + rule.number : undefined;
  }

  // ---- The catalogue's hosts: most of the bytes, and most pages do not need them ----

  // 'wanted' when they are on their way, 'lost' when they could not be had: then whoever is not the site itself has to wait.
  var rest;

  function isRestWanted(host, now) {
    if (rest == 'there' || isOwn(host)) return false;
    if (rest == 'lost') return true;
    var address = hook.tag.dataset.prefix + file;
    if (now == 1) return !readNow(address);
    if (!rest) {
      rest = 'wanted';
      import(address).catch(function () {
        // A module that could not be had is not asked for again under the same name.
        return import(address + '?again');
      }).catch(function () {
        rest = 'lost';
        hook.settle();
      });
    }
    // For as long as the guard asks about this one: what nobody knows about is neither sent nor taken for blocked.
    hook.judge = undefined;
    Promise.resolve().then(function () { hook.judge = judge; });
    return true;
  }

  // The page's own host, and those below it.
  function isOwn(host) {
    return ('.' + host).endsWith('.' + location.hostname.replace(/^www\./, ''));
  }

  // What cannot wait (a WebSocket, document.write) is rare: one look into the browser's cache, or one round trip.
  function readNow(address) {
    try {
      var request = new XMLHttpRequest();
      request.open('GET', address, false);
      request.send();
      hook.rest.apply(hook, JSON.parse('[' + /\((.*)\)/.exec(request.responseText)[1] + ']'));
    } catch (e) {}
    return rest == 'there';
  }

  // Called by the file: rules with a host as text, and the hashes of the others.
  hook.rest = function (text, hosts) {
    if (rest == 'there') return;
    rest = 'there';
    layers[1].hosts = read(text).hosts;
    layers[1].known = hashes(atob(hosts));
    hook.settle();
  };

  // The visitor has answered: what waited for it comes alive, in the order in which it was made.
  hook.grant = function (answer) {
    granted = answer;
    hook.settle();
    kept.forEach(function (go, name) { if (!isCookieHeld(name) && kept.delete(name)) go(); });
  };

  function isGranted(rule) {
    var own = granted.services[rule.number];
    // Number 0 is `necessary`.
    return rule.category == 0 || (own === undefined ? granted.categories.indexOf(CATEGORIES[rule.category]) >= 0 : own);
  }

  // What the page was made for: "<granted hex>.…[~<implied hex>.<signalled hex>]", and the numbers of the services that are
  // not as their category.
  function ofPage() {
    function hex(text) { return BigInt('0x' + (/^\w+/.exec(text) || [0])[0]); }
    var parts = hook.token.split('~'), unsaid = (parts[1] || '').split('.'), services = {};
    var bits = (hex(parts[0]) | hex(unsaid[0])) & ~hex(unsaid[1] || '');
    var names = Object.keys(CATEGORIES).filter(function (number) { return bits >> BigInt(number) & BigInt(1); });
    (hook.tag.dataset.apart || '').split(' ').forEach(function (entry) {
      if (entry) services[Math.abs(entry)] = entry > 0;
    });
    return { categories: names.map(function (number) { return CATEGORIES[number]; }), services: services };
  }

  // ---- The rules ----

  function read(text) {
    var layer = { hosts: new Map(), paths: [], files: [] }, category = 0, number = 0;
    text.split('\n').forEach(function (line, slot) {
      var rules = line.split(' '), head = rules.shift().split('.');
      category = head[0] || category;
      var own = head[1] == '-' ? 0 : (head[1] || '')[0] == '=' ? +head[1].slice(1) : number + 1 + +(head[1] || 0);
      number = own || number;
      rules.forEach(function (rule) {
        add(layer, { slot: slot, category: category, number: own }, /^(=?)([^\/*]*)(.*)$/.exec(rule));
      });
    });
    // Most specific first; equal ones stay in the order of the services.
    layer.hosts.forEach(function (rules) {
      rules.sort(function (a, b) { return b.path.text.length - a.path.text.length || !a.exact - !b.exact; });
    });
    [layer.paths, layer.files].forEach(function (rules) {
      rules.sort(function (a, b) { return b.path.size - a.path.size; });
    });
    return layer;
  }

  function add(layer, rule, part) {
    var host = part[2], pattern = part[3];
    rule.exact = part[1];
    rule.path = {
      anywhere: pattern[0] == '*',
      border: pattern.slice(-1) != '*',
      text: pattern.replace(/^\*|\*$/g, '')
    };
    // A question mark is no part of what is compared.
    rule.path.size = rule.path.text.length - (rule.path.anywhere && rule.path.text.indexOf('?') >= 0);
    if (!host) return (rule.path.anywhere ? layer.files : layer.paths).push(rule);
    host = host.indexOf('.') < 0 ? host + '.com' : host.replace(/\.$/, '.com').replace(/\.\.com$/, '');
    layer.hosts.set(host, (layer.hosts.get(host) || []).concat(rule));
  }

  // Bits as policy/packed/bits.rs writes them; behind their end all are 0.
  function hashes(bytes) {
    var known = new Map(), at = 0, count;
    function take(width) {
      for (var value = 0; width--; at++) value = value * 2 + (bytes.charCodeAt(at >> 3) >> 7 - at % 8 & 1);
      return value;
    }
    while (count = take(16)) for (var category = take(6), width = take(5), hash = 0; count--;) {
      while (take(1)) hash += 2 ** width;
      hash += take(width);
      // 65536 more: the key by which the page knows whose host it is.
      known.set(hash, { category: category, number: hash + 65536 });
    }
    return known;
  }

  // The most specific host rule, else the longest path rule.
  function serviceAt(layer, host, path) {
    function fit(rule) { return fits(rule.path, path); }
    // From the last byte to the first: the hash of each ending comes by on the way to that of the whole.
    for (var at = host.length, hash = 0, found; at--;) {
      hash = Math.imul(hash ^ host.charCodeAt(at), 0x5bd1e995);
      hash ^= hash >>> 15;
      if (at && host[at - 1] != '.') continue;
      var suffix = host.slice(at), rules = layer.hosts.get(suffix) || [];
      found = rules.find(function (rule) { return (!rule.exact || !at) && fit(rule); })
        || layer.known && suffix.indexOf('.') > 0 && layer.known.get(hash >>> 2) || found;
    }
    if (found) return found;
    var start = layer.paths.find(fit), file = layer.files.find(fit);
    return !file || start && (start.path.size - file.path.size || start.slot - file.slot) > 0 ? start : file;
  }

  function fits(pattern, path) {
    var text = pattern.text;
    if (!pattern.anywhere) return path.startsWith(text) && (!pattern.border || isBorder(path, text.length));
    var split = text.indexOf('?') + 1 || text.length + 1, query = path.indexOf('?') + 1 || path.length + 1;
    return path.slice(0, query - 1).endsWith(text.slice(0, split - 1)) && path.slice(query).startsWith(text.slice(split));
  }

  // Whether a path segment, a name or a parameter ends here.
  function isBorder(path, end) {
    return !end || !/[a-z0-9]/i.test(path[end] || '') || !/[a-z0-9]/i.test(path[end - 1]);
  }

  // ---- Cookies that scripts write: what several services set is let through when one of them may run ----

  // {category, number, names: what its names fit, with `*` for any run of characters}.
  var COOKIES = cookies.split('\n').map(function (line) {
    var names = line.split(' '), head = names.shift().split('.');
    var pattern = names.join(' ').replace(/[.+?^${}()|[\]\\]/g, '\\$&').replace(/\*/g, '.*').replace(/ /g, '|');
    return { category: head[0], number: head[1], names: new RegExp('^(' + pattern + ')$') };
  });
  var kept = new Map();

  function isCookieHeld(name) {
    var rules = COOKIES.filter(function (rule) { return rule.names.test(name); });
    return rules.length > 0 && !rules.some(isGranted);
  }

  // The last of each name is written on consent; what only ends one may always.
  function keepCookie(name, text, go, result) {
    var end = /expires=([^;]*)/i.exec(text) || [];
    if (!isCookieHeld(name) || /max-age=(0|-)/i.test(text) || Date.parse(end[1]) < Date.now()) return go();
    kept.set(name, go);
    return result;
  }

  hook.wrap('Document', 'cookie', function (self, args, go) {
    return keepCookie((args[0] + '').split('=')[0].trim(), args[0] + '', go);
  });
  hook.wrap('CookieStore', 'set', function (self, args, go) {
    return keepCookie((args[0] && args[0].name || args[0]) + '', '', go, Promise.resolve());
  });

  // What waited while nothing was known.
  hook.settle();
// Put in by rules.rs: the categories' names by number, the rules as text, the cookies, where the hosts are.
})(window, $categories, $rules, $cookies, $hosts);
