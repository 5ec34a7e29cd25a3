// What scripts make at run time has to wait here until it is known whether it may go. Stands inside of guard.js.
//
// rules.js brings the judgement (`hook.judge`), and watches the rest. Until it is there an attribute that would fetch has
// its neutral name (docs/neutral-form.md) and requests wait; what cannot wait is blocked if it leads elsewhere. Three
// seconds without it, and all that leads elsewhere is. Nothing here may break the page: setters keep their meaning.
function hold() {
  const held = [], requests = new WeakMap(), proto = (name) => w[name].prototype, element = proto('Element');
  const own = location.origin + data.prefix, site = '.' + location.hostname.replace(/^www\./, '');
  const MARK = 'data-consentry-', NAMES = ['src', 'srcset', 'href', 'data', 'poster'];
  const FETCHES = /^(?!(a|area|base) )[^- ]+ (src|srcset|poster|href)$|^object data$/i;
  const { getAttribute, setAttribute, removeAttribute } = element;
  // What is asked about cannot wait.
  let urgent;

  // ---- Who has to wait ----

  const elsewhere = (url) => {
    const host = '.' + url.hostname;
    if (!host.endsWith(site) && !site.endsWith(host)) return '';
  };

  // What must be granted for an address: nothing (undefined) or a mark; '' while nobody knows. `hook.free`: activate.js is at
  // work, which the page's own labels may have told otherwise.
  const needs = (text) => {
    try {
      const url = new URL(text, d.baseURI);
      if (hook.free || !/^(http|ws)/.test(url) || /^\s*(#|$)/.test(text) || !url.href.indexOf(own)) return;
      return hook.judge ? hook.judge(url) : urgent ? elsewhere(url) : '';
    } catch {}
  };

  // True: it has to wait. `go` is called once it may go, `stop` when that takes the visitor's consent.
  const waits = (url, go, stop) => {
    if (needs(url) === undefined) return;
    hook.count = -~hook.count;
    if (stop && hook.judge) stop = setTimeout(stop) && 0;
    return held.length > 999 || held.push([url, go, stop]);
  };

  // In the order in which it was made.
  hook.settle = () => held.splice(0).forEach(quiet(([url, go, stop]) => waits(url, go, stop) || go()));
  hook.giveUp = () => {
    hook.judge = hook.judge || elsewhere;
    hook.settle();
  };
  setTimeout(hook.giveUp, 3000);

  const urgently = (ask) => {
    urgent = 1;
    const answer = ask();
    urgent = 0;
    return answer;
  };
  const blocked = (url) => urgently(() => needs(url) !== undefined);

  const wrap = (owner, names, handle) => names.split(' ').forEach((name) => {
    const real = owner[name];
    if (real) owner[name] = function (...args) {
      return handle(this, args, () => real.apply(this, args));
    };
  });

  const property = (owner, name, write, read) => {
    const real = Object.getOwnPropertyDescriptor(owner, name);
    real && Object.defineProperty(owner, name, {
      configurable: true,
      enumerable: true,
      get() { return read?.(this) || real.get.call(this); },
      set(value) { write(this, value, (value) => real.set.call(this, value)); }
    });
  };

  // ---- Elements ----

  const kept = (self, name) => getAttribute.call(self, MARK + name);

  // True: the attribute has its neutral name.
  const keeps = (self, name, value) => {
    removeAttribute.call(self, MARK + name);
    return FETCHES.test(self.localName + ' ' + name) && (name == 'srcset' ? (value + '').split(/,?\s+/) : [value])
      .some((url) => waits(url, () => release(self))) && !setAttribute.call(self, MARK + name, value);
  };

  // What the server made inert has a mark, and is activate.js's.
  const release = (self) => self.hasAttribute('data-consentry') || NAMES.forEach((name) => {
    const value = kept(self, name);
    if (value && !keeps(self, name, value)) setAttribute.call(self, name, self.text === undefined ? value : trust('ScriptURL', value));
  });

  'Script Image IFrame Frame Embed Input Source Track Media Video Link Object'.split(' ').forEach((kind) => NAMES.forEach((name) =>
    property(proto('HTML' + kind + 'Element'), name, (self, value, set) => keeps(self, name, value) || set(value), (self) => {
      const value = kept(self, name);
      return value && name != 'srcset' ? new URL(value, d.baseURI).href : value;
    })
  ));

  wrap(element, 'setAttribute setAttributeNS', (self, args, go) => {
    keeps(self, ...args.slice(-2)) || go();
  });

  // ---- Markup: the same in the page's own text ----

  const markup = (html, self) => {
    const root = self.getRootNode?.() || d;
    const safe = (hook.disarm || String)(html).replace(/<([a-z]+)\b("[^"]*"|'[^']*'|[^"'>])*/gi, (tag, name) =>
      tag.replace(/([\s"'\/])([a-z]+)\s*=\s*("[^"]*"|'[^']*'|[^\s>]+)/gi, (whole, before, attribute, value) =>
        FETCHES.test(name + ' ' + attribute) && waits(value.replace(/["']/g, ''), () => root.querySelectorAll(NAMES.map((name) => `[${MARK + name}]`)).forEach(release))
          ? before + MARK + whole.slice(1) : whole));
    return safe == html + '' ? html : trust('HTML', safe);
  };
  const each = (change) => (self, args, go) => go(args.forEach((text, at) => { args[at] = change(text, self); }));
  ['Range', 'DOMParser', 'ShadowRoot', 'Element'].map(proto).forEach((owner) => {
    ['innerHTML', 'outerHTML'].forEach((name) =>
      property(owner, name, (self, html, set) => set(markup(html, self))));
    wrap(owner, 'createContextualFragment parseFromString insertAdjacentHTML', each(markup));
  });
  wrap(proto('Document'), 'write writeln', (self, args, go) => go(urgently(() => each(markup)(self, args, Object))));

  // ---- Requests ----

  // A sender that tries again until it gets through has got through.
  wrap(w, 'fetch', (self, args, go) => new Promise((done, fail) => {
    const send = () => go().then(done, fail);
    waits(args[0].url || args[0], send, () => done(new Response(null, { status: 204 }))) || send();
  }));
  wrap(proto('Navigator'), 'sendBeacon', (self, args, go) => !!waits(args[0], go) || go());

  const xhr = proto('XMLHttpRequest');
  wrap(xhr, 'open', (self, args, go) => go(requests.set(self, args)));
  wrap(xhr, 'abort', (self, args, go) => go(requests.delete(self)));
  wrap(xhr, 'send', (self, args, go) => {
    const [, url, async = true] = requests.get(self) || [];
    if (!async && blocked(url)) throw new DOMException('', 'NetworkError');
    async && waits(url, () => requests.has(self) && go(), () => requests.delete(self) && ['error', 'loadend'].forEach((type) => self.dispatchEvent(new ProgressEvent(type)))) || go();
  });

  // An object that has failed: rules.js makes it look so.
  ['WebSocket', 'EventSource', 'Worker', 'SharedWorker'].forEach(quiet((name) => {
    w[name] = new Proxy(w[name], {
      construct: (real, args, target) => blocked(args[0]) ? (hook.fail || Object)(new EventTarget()) : Reflect.construct(real, args, target)
    });
  }));
  Object.assign(hook, { needs, waits, wrap, property, keeps, kept, each });
}
