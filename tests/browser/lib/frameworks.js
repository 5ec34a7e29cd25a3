// Small pages of four frameworks: a first view and a second one, to which a link leads without a new document. Each view brings a
// tracker's script, pixel, frame and request, in the framework's own way.
import { readFileSync } from 'node:fs';

const file = (path) => readFileSync(new URL(`../node_modules/${path}`, import.meta.url), 'utf8');
const script = (html) => ({ html, headers: { 'content-type': 'text/javascript; charset=utf-8' } });

// React has no build for a page without a bundler: its modules, each in a function, and a `require` between them.
const react = () => {
  const modules = { scheduler: 'scheduler/cjs/scheduler', react: 'react/cjs/react', 'react-dom': 'react-dom/cjs/react-dom', 'react-dom/client': 'react-dom/cjs/react-dom-client' };
  const made = Object.entries(modules).map(([name, path]) => `${JSON.stringify(name)}: function (module, exports, require) {\n${file(`${path}.production.js`)}\n}`);
  return `(function () {
    var all = {${made.join(',\n')}}, done = {}, process = { env: { NODE_ENV: 'production' } };
    window.load = function (name) { if (!done[name]) { var module = done[name] = { exports: {} }; all[name](module, module.exports, window.load); } return done[name].exports; };
  })();`;
};

const document = (title, body, head = '') => `<!doctype html><html lang="en"><head><meta charset="utf-8"><link rel="icon" href="data:,"><title>${title}</title>${head}</head><body>${body}</body></html>`;

const REACT = `<div id="app"></div><script src="/lib/react.js"></script><script>
  var React = load('react'), h = React.createElement;
  function View(props) {
    React.useEffect(function () {
      fetch('@third@/react-fetch-' + props.name, { mode: 'no-cors' }).catch(function () {});
      var s = document.createElement('script'); s.src = '@third@/react-effect-' + props.name; document.body.appendChild(s);
    }, [props.name]);
    return h('section', { key: props.name }, h('h1', null, props.name), h('script', { async: true, src: '@third@/react-script-' + props.name }),
      h('img', { alt: '', src: '@third@/react-image-' + props.name }), h('iframe', { title: 'frame', src: '@third@/react-frame-' + props.name }),
      h('div', { dangerouslySetInnerHTML: { __html: '<img alt="" src="@third@/react-html-' + props.name + '">' } }));
  }
  function App() {
    var state = React.useState('first');
    return h('div', null, h('a', { id: 'next', href: '/second', onClick: function (e) { e.preventDefault(); history.pushState(null, '', '/react?second'); state[1]('second'); } }, 'Next'), h(View, { key: state[0], name: state[0] }));
  }
  load('react-dom/client').createRoot(document.getElementById('app')).render(h(App));
</script>`;

const VUE = `<div id="app"></div><script src="/lib/vue.js"></script><script>
  var View = { props: ['name'], template: '<section><h1>{{ name }}</h1><component :is="\\'script\\'" :src="\\'@third@/vue-script-\\' + name"></component>' +
    '<img alt="" :src="\\'@third@/vue-image-\\' + name"><iframe title="frame" :src="\\'@third@/vue-frame-\\' + name"></iframe><div v-html="html"></div></section>',
    computed: { html: function () { return '<img alt="" src="@third@/vue-html-' + this.name + '">'; } },
    mounted: function () {
      fetch('@third@/vue-fetch-' + this.name, { mode: 'no-cors' }).catch(function () {});
      var s = document.createElement('script'); s.src = '@third@/vue-mounted-' + this.name; document.body.append(s);
    } };
  Vue.createApp({ components: { View: View }, data: function () { return { at: 'first' }; },
    methods: { next: function () { history.pushState(null, '', '/vue?second'); this.at = 'second'; } },
    template: '<a id="next" href="/second" @click.prevent="next">Next</a><View :key="at" :name="at"></View>' }).mount('#app');
</script>`;

// Turbo fetches the next document through the gateway and shows its body; htmx a piece of one.
const view = (tool, name) => `<section id="view"><h1>${name}</h1><img alt="" src="@third@/${tool}-image-${name}"><iframe title="frame" src="@third@/${tool}-frame-${name}"></iframe>
  <script src="@third@/${tool}-script-${name}"></script>
  <script>(function () { var s = document.createElement('script'); s.src = '@third@/${tool}-made-${name}'; document.body.append(s); fetch('@third@/${tool}-fetch-${name}', { mode: 'no-cors' }).catch(function () {}); })();</script></section>`;

/** By path. */
export const pages = () => ({
  '/lib/react.js': script(react()),
  '/lib/vue.js': script(file('vue/dist/vue.global.prod.js')),
  '/lib/turbo.js': script(file('@hotwired/turbo/dist/turbo.es2017-umd.js')),
  '/lib/htmx.js': script(file('htmx.org/dist/htmx.min.js')),
  '/react': document('React', REACT),
  '/vue': document('Vue', VUE),
  '/turbo': document('Turbo', `<a id="next" href="/turbo-second">Next</a>${view('turbo', 'first')}`, '<script src="/lib/turbo.js"></script>'),
  '/turbo-second': document('Turbo', `<a id="back" href="/turbo">Back</a>${view('turbo', 'second')}`, '<script src="/lib/turbo.js"></script>'),
  '/htmx': document('htmx', `<a id="next" href="/htmx-second" hx-get="/htmx-second" hx-target="#view" hx-swap="outerHTML">Next</a>${view('htmx', 'first')}`, '<script src="/lib/htmx.js"></script>'),
  '/htmx-second': view('htmx', 'second'),
});

/** What each view sends, by the ends of the paths. */
export const SENDS = {
  react: ['effect', 'fetch', 'frame', 'html', 'image', 'script'],
  vue: ['fetch', 'frame', 'html', 'image', 'mounted', 'script'],
  turbo: ['fetch', 'frame', 'image', 'made', 'script'],
  htmx: ['fetch', 'frame', 'image', 'made', 'script'],
};
