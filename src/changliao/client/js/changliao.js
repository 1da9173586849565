// Changliao for partners' pages: <script src="https://the.platform/changliao.js"></script>. No dependency.
//
// A page that was opened from an entrance speaks through this with the app around it. It speaks to one
// origin alone, the one this script was loaded from, and believes its parent window alone when that is
// of this origin. Nothing that is said here proves anything to a server: verify id_token against
// /.well-known/jwks.json, and believe a webhook or GET /v1/payments/{id} about money.
(function () {
  "use strict";
  if (window.Changliao) return;

  var VERSION = "1.0";
  var HELLO_EVERY_MS = 150;
  var HELLO_TRIES = 12;
  var HOST = new URL(document.currentScript.src).origin;
  var framed = window.parent !== window;
  var waiting = {};
  var listeners = [];
  var last = 0;
  var now = { inside: false, launch: "", language: "", theme: "", edition: "" };
  var settle;
  var ready = new Promise(function (resolve) { settle = resolve; });

  function Refused(code, message) {
    var error = new Error(message || code);
    error.name = "ChangliaoError";
    error.code = code;
    return error;
  }

  function send(ask, said, id) {
    window.parent.postMessage({ changliao: 1, id: id, ask: ask, said: said || {} }, HOST);
  }

  function ask(what, said) {
    return ready.then(function () {
      if (!now.inside) throw Refused("not_inside", "This page was not opened inside the app.");
      return new Promise(function (resolve, reject) {
        last += 1;
        waiting[last] = { resolve: resolve, reject: reject };
        send(what, said, last);
      });
    });
  }

  window.addEventListener("message", function (event) {
    if (event.source !== window.parent || event.origin !== HOST) return;
    var told = event.data;
    if (!told || told.changliao !== 1) return;
    if (told.now) learn(told.now);
    var one = waiting[told.id];
    if (!one) return;
    delete waiting[told.id];
    if (told.no) one.reject(Refused(told.no.code, told.no.message));
    else one.resolve(told.ok);
  });

  function learn(said) {
    var first = !now.inside;
    now = {
      inside: true, launch: said.launch, language: said.language, theme: said.theme, edition: said.edition,
    };
    Changliao.inside = true;
    if (first) {
      bridge();
      settle(now);
    }
    listeners.forEach(function (listener) { listener(now); });
  }

  function hello(left) {
    if (now.inside) return;
    if (!framed || left === 0) {
      settle(now);
      return;
    }
    send("hello", { version: VERSION });
    setTimeout(hello, HELLO_EVERY_MS, left - 1);
  }

  var Changliao = {
    version: VERSION,
    /** Whether the page stands inside the app; known once `ready` has settled. */
    inside: false,
    /** Settles with `{inside, launch, language, theme, edition}`, inside or not. */
    ready: ready,
    /** `{id_token, sub, shared}`. Scopes ("name", "handle") are asked of the person, each once. */
    whoAmI: function (scopes) { return ask("whoAmI", { scopes: scopes || [] }); },
    /**
     * Pay a payment of yours, by its id. The app shows amount and shop and takes the PIN. Resolves to
     * `{status}`: `paid`, `canceled`, `failed`, or `processing` when nobody knows yet. Ask your server.
     */
    pay: function (payment) { return ask("pay", { payment: String(payment) }); },
    /** Let the person send a card to somebody: `{title, text, path}`, the path at your own address. */
    share: function (card) {
      return ask("share", { title: String(card.title || ""), text: String(card.text || ""), path: String(card.path || "") });
    },
    /** Leave the page, back into the app. */
    close: function () { return ask("close"); },
    /** What the bar above the page says; your name stays beside it. */
    title: function (text) { return ask("title", { text: String(text) }); },
    /** `zh-CN` or `en`: what the person reads now. */
    language: function () { return now.language; },
    /** `light` or `dark`. */
    theme: function () { return now.theme; },
    /** Call this now and whenever language or theme have changed. */
    onChange: function (listener) {
      listeners.push(listener);
      if (now.inside) listener(now);
    },
  };
  window.Changliao = Changliao;

  // What pages for other apps call, answered for payments that were made in those dialects here.
  function bridge() {
    if (!window.WeixinJSBridge) {
      window.WeixinJSBridge = { invoke: weixin, on: function () {}, call: function (name) { weixin(name); } };
      document.dispatchEvent(new Event("WeixinJSBridgeReady"));
    }
    if (!window.AlipayJSBridge) {
      window.AlipayJSBridge = { call: alipay };
      document.dispatchEvent(new Event("AlipayJSBridgeReady"));
    }
  }

  function weixin(name, said, done) {
    var tell = function (how) { if (done) done({ err_msg: name + ":" + how }); };
    if (name === "closeWindow") return void Changliao.close();
    var id = name === "getBrandWCPayRequest" && /^prepay_id=(.+)$/.exec(String((said || {}).package));
    if (!id) return tell("fail");
    tell = function (how) { if (done) done({ err_msg: "get_brand_wcpay_request:" + how }); };
    Changliao.pay(id[1]).then(
      function (told) { tell({ paid: "ok", canceled: "cancel" }[told.status] || "fail"); },
      function () { tell("fail"); },
    );
  }

  function alipay(name, said, done) {
    if (typeof said === "function") { done = said; said = {}; }
    var tell = function (code) { if (done) done({ resultCode: code }); };
    if (name === "closeWebview" || name === "popWindow") return void Changliao.close();
    if (name === "setTitle") return void Changliao.title((said || {}).title || "");
    if (name !== "tradePay" || !said || !said.tradeNO) return tell("4000");
    Changliao.pay(said.tradeNO).then(
      function (told) { tell({ paid: "9000", canceled: "6001", processing: "8000" }[told.status] || "4000"); },
      function () { tell("4000"); },
    );
  }

  hello(HELLO_TRIES);
})();
