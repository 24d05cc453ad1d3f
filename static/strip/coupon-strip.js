/* <coupon-strip>: personal coupons on any page, from one script tag. No framework, nothing else is loaded.

   <script src="https://coupons.example/static/strip/coupon-strip.js" defer></script>
   <coupon-strip key="BROWSER KEY" token-url="/my-shop/shopper-token"></coupon-strip>

   Attributes: key, token or token-url (GET, answers {"token": "..."}), api (default: where this script came from),
   limit, lang, layout="stack", order-ref, place. Properties: renewToken (async, gives a token), cart (what a hold is for), preview.
   Methods: refresh(), openWallet(), hold(coupon). Look: --coupon-* variables, see CSS below.
   Events, all bubbling: coupons-loaded, coupon-shown, coupon-clicked, coupon-claimed, coupon-held, coupon-copied,
   coupon-dismissed, coupons-stopped. Nothing here throws into the page. */
(() => {
'use strict'
if (customElements.get('coupon-strip')) return

const HOME = document.currentScript ? new URL(document.currentScript.src).origin : location.origin
const PATIENCE_MS = 300 // then popular coupons stand in
const SEEN_MS = 1000 // half of a ticket in view for so long has been seen
const POPULAR_KEPT_MS = 24 * 3600e3
const RTL = /^(ar|fa|he|ur)\b/

const WORDS = {
  en: {
    title: 'Coupons for you', wallet: 'Wallet', claim: 'Claim', claiming: 'Claiming…', claimed: 'In your wallet',
    show: 'Show code', until: 'Until {d}', used: 'Used on {d}', saved: 'You saved {m}', ended: 'Ended {d}', late: 'Not claimed in time',
    gone: 'All claimed. New ones will come.', goneWhy: 'Very popular', failed: 'Not claimed. Nothing was charged.',
    retry: 'Try again', offline: 'You are offline. Claim when you are back.', why: 'Why this?', hide: 'Not for me',
    hidden: 'You will not see this coupon again.', stop: 'Stop personal coupons', start: 'Show personal coupons',
    stopped: 'From now on you see what is popular.', started: 'Coupons are personal again.', back: 'Back',
    empty: 'No coupons right now. New ones appear as you shop.', off: 'off', free: 'Free', shipping: 'shipping', gift: 'Gift',
    ready: 'Ready to use', usedTab: 'Used', endedTab: 'Ended', none: 'Nothing here yet.', close: 'Close',
    till: 'Show this at the till, or it comes off by itself at online checkout.', code: 'Code {c}', copy: 'Copy code',
    copied: 'Code copied', total: 'You have saved {m} so far.', min: 'From {m}', items: 'Buy {n}', hold: 'Use on this order',
    held: 'Set aside for this order', heldFailed: 'Not set aside. Nothing was charged.',
    closed_now: 'Not set aside: the store is closed now.', too_far: 'Not set aside: it is for another store, {n} km away.',
  },
  zh: {
    title: '为你推荐的优惠券', wallet: '券包', claim: '领取', claiming: '领取中…', claimed: '已放入券包', show: '出示券码',
    until: '有效期至 {d}', used: '{d} 已使用', saved: '已节省 {m}', ended: '{d} 已结束', late: '未在期限内领取', gone: '已领完，敬请期待新券。', goneWhy: '非常受欢迎',
    failed: '未领取成功，没有任何扣减。', retry: '重试', offline: '网络已断开，恢复后再领取。', why: '推荐理由', hide: '不感兴趣',
    hidden: '这张券不会再出现。', stop: '停止个性化优惠券', start: '恢复个性化优惠券', stopped: '以后将只显示热门优惠券。',
    started: '已恢复个性化优惠券。', back: '返回', empty: '暂无优惠券。继续购物，新券会出现在这里。', off: '减免', free: '免',
    shipping: '运费', gift: '赠品', ready: '可使用', usedTab: '已使用', endedTab: '已结束', none: '这里还没有内容。', close: '关闭',
    till: '结账时出示此码；网上结账会自动减免。', code: '券码 {c}', copy: '复制券码', copied: '券码已复制', total: '你已累计节省 {m}。',
    min: '满 {m} 可用', items: '满 {n} 件', hold: '用于本单', held: '已为本单预留', heldFailed: '未能预留，没有任何扣减。',
    closed_now: '未能预留：门店现在休息。', too_far: '未能预留：此券用于另一家门店，距此 {n} 公里。',
  },
  ar: {
    title: 'قسائم لك', wallet: 'المحفظة', claim: 'احصل عليها', claiming: 'جارٍ الحصول…', claimed: 'في محفظتك', show: 'عرض الرمز',
    until: 'حتى {d}', used: 'استُخدمت في {d}', saved: 'وفّرت {m}', ended: 'انتهت في {d}', late: 'لم تُطلب في الوقت المحدد',
    gone: 'نفدت القسائم. ستأتي غيرها.', goneWhy: 'رائجة جدًا', failed: 'لم تُحفظ القسيمة. لم يُخصم شيء.', retry: 'حاول مجددًا',
    offline: 'أنت غير متصل. احصل عليها عند عودتك.', why: 'لماذا هذه؟', hide: 'لا تناسبني', hidden: 'لن ترى هذه القسيمة مجددًا.',
    stop: 'إيقاف القسائم الشخصية', start: 'إظهار القسائم الشخصية', stopped: 'سترى من الآن القسائم الرائجة.',
    started: 'عادت القسائم الشخصية.', back: 'رجوع', empty: 'لا قسائم الآن. تظهر قسائم جديدة مع تسوقك.', off: 'خصم', free: 'مجاني',
    shipping: 'شحن', gift: 'هدية', ready: 'جاهزة', usedTab: 'مستخدمة', endedTab: 'منتهية', none: 'لا شيء هنا بعد.', close: 'إغلاق',
    till: 'اعرض هذا الرمز عند الدفع، أو يُخصم تلقائيًا عند الدفع عبر الإنترنت.', code: 'الرمز {c}', copy: 'نسخ الرمز', copied: 'نُسخ الرمز',
    total: 'وفّرت حتى الآن {m}.', min: 'ابتداءً من {m}', items: 'عند شراء {n}', hold: 'استخدمها لهذا الطلب', held: 'محجوزة لهذا الطلب',
    heldFailed: 'لم تُحجز. لم يُخصم شيء.', closed_now: 'لم تُحجز: المتجر مغلق الآن.', too_far: 'لم تُحجز: القسيمة لمتجر آخر على بعد {n} كم.',
  },
}

const CSS = `
:host{display:block;container-type:inline-size;min-height:238px;color:var(--text);
 --tag:var(--coupon-tag,#ffd23f);--edge:var(--coupon-edge,#b48a00);--ink:var(--coupon-ink,#221a00);
 --accent:var(--coupon-accent,light-dark(#0b7490,#5cc3da));--surface:var(--coupon-surface,light-dark(#fff,#192025));
 --text:var(--coupon-text,light-dark(#161c21,#f1f5f7));--mute:var(--coupon-mute,light-dark(#5a6874,#9aa8b3));
 --line:var(--coupon-line,light-dark(#dfe5e9,#2b353d));--sunk:light-dark(#eef2f4,#222a31);--pad:var(--coupon-padding,16px);
 font:15px/21px var(--coupon-font,Inter,"PingFang SC","Microsoft YaHei","Noto Sans CJK SC",system-ui,sans-serif);
 font-variant-numeric:tabular-nums}
:host([hidden]){display:none}
*{box-sizing:border-box;margin:0}
button{font:inherit;color:inherit;cursor:pointer}
:focus-visible{outline:2px solid var(--accent);outline-offset:2px;border-radius:6px}
.head{display:flex;align-items:center;gap:8px;padding:0 var(--pad) 10px}
h2{font-size:18px;line-height:24px;font-weight:700;flex:1}
.open{display:inline-flex;align-items:center;gap:6px;height:44px;padding:0 14px;border:1px solid var(--line);border-radius:22px;
 background:var(--surface);font-weight:600;font-size:14px}
.open b{min-width:20px;height:20px;line-height:20px;border-radius:10px;background:var(--accent);color:light-dark(#fff,#0d1317);font-size:12px;text-align:center}
ul{list-style:none;padding:0 var(--pad) 8px;display:flex;gap:12px;overflow-x:auto;scroll-snap-type:x mandatory;
 scroll-padding:var(--pad);scrollbar-width:none}
li{position:relative;flex:none;width:min(300px,84cqi);scroll-snap-align:start;border-radius:12px;background:var(--tag);color:var(--ink);display:grid;
 grid-template-columns:92px 1fr;height:176px;--x:92px;
 mask:radial-gradient(circle 8px at var(--x) 0,#0000 98%,#000) top/100% 51% no-repeat,
 radial-gradient(circle 8px at var(--x) 100%,#0000 98%,#000) bottom/100% 51% no-repeat}
[dir=rtl] li{--x:calc(100% - 92px)}
@container (min-width:820px){ul:not(.stack){gap:12px}ul:not(.stack) li{width:calc((100% - 24px)/3)}}
ul.stack{flex-direction:column;overflow:visible}ul.stack li{width:auto;height:auto;min-height:146px}
.value{display:grid;place-content:center;text-align:center;border-inline-end:2px dashed var(--edge);padding:8px 4px;min-width:0}
.value b{font-size:25px;line-height:28px;font-weight:700;overflow-wrap:anywhere}.value.long b{font-size:16px;line-height:20px}
.value span{font-size:13px;font-weight:600}
.main{padding:12px 12px 12px 16px;padding-inline:16px 12px;display:flex;flex-direction:column;min-width:0}
h3{font-size:16px;line-height:21px;font-weight:700;display:-webkit-box;-webkit-line-clamp:2;-webkit-box-orient:vertical;overflow:hidden}
.main p{font-size:13px;line-height:18px;margin-top:2px;overflow:hidden;display:-webkit-box;-webkit-line-clamp:2;-webkit-box-orient:vertical}
.foot{margin-top:auto;padding-top:6px;display:flex;align-items:center;gap:4px;flex-wrap:wrap;font-size:13px;font-weight:600}
.main.asked{padding-block:6px}.main.asked .foot{padding-top:0}
.go{height:44px;padding:0 18px;border-radius:22px;border:0;background:var(--ink);color:var(--coupon-on-ink,#fff);font-weight:600;font-size:15px}
.link{height:44px;padding:0 8px;border:0;background:none;text-decoration:underline;text-underline-offset:3px;font-size:13px;font-weight:400}
.go[aria-disabled]{opacity:.62;cursor:default}.claiming .go{opacity:1}
.spin{display:inline-block;width:16px;height:16px;border:2px solid #fff6;border-top-color:#fff;border-radius:50%;
 margin-inline-end:6px;vertical-align:-3px;animation:turn 1s linear infinite}
@keyframes turn{to{transform:rotate(1turn)}}
.claimed,.held{background:#e4f4ea;--edge:#5f9d78;color:#0f3d23}.claimed .go,.held .go{background:#1b7a43;color:#fff}
.used,.ended,.gone,.wait{background:var(--sunk);--edge:var(--line);color:light-dark(#475460,#c9d2d9)}
.none{padding:14px var(--pad);color:var(--mute)}
.said{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
dialog{border:0;padding:8px 16px 22px;margin:auto auto 0;width:100%;max-width:480px;max-height:88dvh;border-radius:18px 18px 0 0;
 background:var(--surface);color:var(--text)}
dialog::backdrop{background:#0d111480}
.grab{width:36px;height:4px;border-radius:2px;background:var(--line);margin:0 auto 6px}
.top{display:flex;align-items:center}.top h2:focus{outline:none}
.x{width:44px;height:44px;border:0;background:none;font-size:20px}
.tabs{display:flex;gap:4px;background:var(--sunk);border-radius:22px;padding:3px;margin:6px 0 14px}
.tabs button{flex:1;min-height:44px;padding:4px;border:0;border-radius:20px;background:none;font-size:14px;font-weight:600;color:var(--mute)}
.tabs [aria-selected=true]{background:var(--surface);color:var(--text);box-shadow:0 1px 2px #0002}
dialog ul{padding:0;flex-direction:column;overflow:visible}dialog li{width:auto!important;height:auto;min-height:96px}
li.code{display:block;mask:none;background:none;color:inherit;border:1px solid var(--line);border-radius:12px;padding:14px 16px 8px;text-align:center}
.code svg{display:block;width:100%;height:72px;background:#fff;padding:0 4px}
.code output{display:block;font:600 20px/26px ui-monospace,Menlo,Consolas,monospace;letter-spacing:.08em;margin-top:8px;direction:ltr;user-select:all}
.code p,.sum{font-size:13px;line-height:18px;color:var(--mute)}
.sum{margin-top:12px;display:flex;justify-content:space-between;align-items:center;gap:8px}
@media (prefers-reduced-motion:reduce){.spin{animation:none}}
@media (prefers-reduced-motion:no-preference){ul{scroll-behavior:smooth}}
@media (forced-colors:active){li{border:1px solid}}
`

// Code 128, set B: six widths a symbol, alternately bar and space; 104 starts, 106 stops
const BARS = '212222222122222221121223121322131222122213122312132212221213221312231212112232122132122231113222123122123221223211221132221231213212223112312131311222321122321221312212322112322211212123212321232121111323131123131321112313132113132311211313231113231311112133112331132131113123113321133121313121211331231131213113213311213131311123311321331121312113312311332111314111221411431111111224111422121124121421141122141221112214112412122114122411142112142211241211221114413111241112134111111242121142121241114212124112124211411212421112421211212141214121412121111143111341131141114113114311411113411311113141114131311141411131211412211214211232'
const bars = (text) => {
  const values = [...text].map((c) => c.charCodeAt(0) - 32)
  const check = values.reduce((sum, value, place) => sum + value * (place + 1), 104) % 103
  const widths = [104, ...values, check].map((v) => BARS.slice(6 * v, 6 * v + 6)).join('') + '2331112'
  let x = 10
  let path = ''
  for (let i = 0; i < widths.length; i++) {
    if (i % 2 === 0) path += `M${x} 0h${widths[i]}v1h-${widths[i]}z`
    x += +widths[i]
  }
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg')
  svg.setAttribute('viewBox', `0 0 ${x + 10} 1`)
  svg.setAttribute('preserveAspectRatio', 'none')
  svg.setAttribute('aria-hidden', 'true')
  svg.append(document.createElementNS(svg.namespaceURI, 'path'))
  svg.firstChild.setAttribute('d', path)
  return svg
}

/** An element. Texts are texts: what the API says is never markup. */
const el = (tag, attributes, ...children) => {
  const node = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes || {})) if (value != null && value !== false) node.setAttribute(name, value)
  node.append(...children.filter((child) => child != null && child !== ''))
  return node
}
const claimsOf = (token) => {
  try {
    const bytes = Uint8Array.from(atob(token.split('.')[1].replace(/-/g, '+').replace(/_/g, '/')), (c) => c.charCodeAt(0))
    return JSON.parse(new TextDecoder().decode(bytes))
  } catch { return {} }
}
const sleep = (ms) => new Promise((done) => setTimeout(done, ms))

class CouponStrip extends HTMLElement {
  static observedAttributes = ['lang', 'layout', 'key', 'order-ref', 'place']
  renewToken = null
  cart = null
  #root = this.attachShadow({ mode: 'open' })
  #items = [] // what is shown: a recommendation each, with `state` and, once claimed, `grant`
  #wallet = []
  #slate = null
  #token = ''
  #personal = true
  #tab = 'ready'
  #seen = new Set()
  #timers = new Map()
  #watch = null
  #round = 0

  connectedCallback() {
    const sheet = new CSSStyleSheet()
    sheet.replaceSync(CSS)
    this.#root.adoptedStyleSheets = [sheet]
    this.#root.addEventListener('click', this.#press)
    this.#root.addEventListener('keydown', this.#arrow)
    if (!this.#root.firstChild) this.#frame()
    addEventListener('online', this.#online)
    addEventListener('offline', this.#online)
    this.refresh()
  }

  disconnectedCallback() {
    removeEventListener('online', this.#online)
    removeEventListener('offline', this.#online)
    this.#watch?.disconnect()
    this.#timers.forEach(clearTimeout)
  }

  attributeChangedCallback(name, before, after) {
    if (!this.#root.firstChild || before === after) return
    if (name === 'key') this.#token = ''
    if (/key|place/.test(name)) this.refresh()
    else { this.#frame(); this.#paint() }
  }

  /** Coupons to draw without asking anybody: for previews and style guides. An item may bring its `state`. */
  set preview(items) { this.#preview = items; if (this.#root.firstChild) this.refresh() }
  #preview = null

  get coupons() { return this.#items.map((item) => ({ ...item })) }
  get language() { return this.lang || this.closest('[lang]')?.lang || 'en' }
  get #t() { return WORDS[this.language.slice(0, 2)] || WORDS.en }

  /** Ask again. What is on screen keeps its place, its focus and its scroll position. */
  async refresh() {
    const round = ++this.#round
    if (this.#preview) return this.#take({ items: this.#preview })
    const mine = () => round === this.#round
    try {
      const answer = this.#recommended()
      const first = await Promise.race([answer, sleep(PATIENCE_MS)])
      if (!mine()) return
      if (first) return this.#take(first)
      const kept = this.#items.length ? null : this.#keptPopular()
      if (kept) this.#take(kept)
      const late = (await answer) || (this.#items.length ? null : await this.#popular())
      // what somebody is about to press does not change under the finger
      if (mine() && late && !(this.#items.length && (this.matches(':hover') || this.#root.activeElement))) this.#take(late)
      else if (mine() && !this.#items.length) this.#take(null)
    } catch { if (mine()) this.#take(this.#keptPopular()) }
  }

  openWallet(uid) { this.#open(uid) }

  /** Set a claimed coupon aside for the order of `order-ref` and `cart`; the shop's server redeems it once it is paid. */
  async hold(uid) {
    const item = this.#items.find((one) => one.coupon === uid)
    const order = this.getAttribute('order-ref')
    if (!item || !order || !this.cart) return false
    const body = { order_ref: order, mode: 'hold', cart: this.cart, coupons: [uid] }
    if (this.getAttribute('place')) body.place = this.getAttribute('place')
    const answer = await this.#call('POST', 'redemptions', body, `hold-${order}-${uid}-${item.tries || 0}`)
    if (answer?.ok) {
      const [redemption] = answer.body.redemptions
      this.#set(item, { state: 'held' })
      this.#say(this.#t.held)
      this.#emit('coupon-held', { coupon: uid, order_ref: order, redemption })
      return true
    }
    item.tries = (item.tries || 0) + 1
    const said = answer?.body?.reasons?.find(({ code }) => /^(too_far|closed_now)$/.test(code))
    this.#say(this.#t[said?.code]?.replace('{n}', (said.distance / 1000).toLocaleString(this.language, { maximumFractionDigits: 1 })) || this.#t.heldFailed)
    return false
  }

  // --- talking to the site

  async #recommended() {
    if (!this.getAttribute('key')) return null
    const limit = this.getAttribute('limit') || 6
    const place = this.getAttribute('place')
    const shopper = await this.#shopper()
    if (!shopper) return null
    const [answer, wallet] = await Promise.all([
      this.#call('GET', `recommendations?limit=${limit}${place ? `&place=${encodeURIComponent(place)}` : ''}`),
      this.#call('GET', `shoppers/${encodeURIComponent(shopper)}/coupons?limit=100`),
    ])
    if (wallet?.ok) this.#wallet = wallet.body.items
    if (!answer?.ok) return null
    this.#personal = answer.body.fallback !== 'not_personalised'
    this.#keepPopular(answer.body)
    return answer.body
  }

  async #popular() {
    if (!this.#token) return this.#keptPopular()
    const answer = await this.#call('GET', `recommendations/popular?limit=${this.getAttribute('limit') || 6}`)
    return answer?.ok ? answer.body : this.#keptPopular()
  }

  get #store() { return `coupon-strip:${this.getAttribute('key')}:${this.language}` }

  #keepPopular(answer) {
    const items = answer.items.filter((item) => item.source === 'popular')
    if (items.length < 3) return
    try { localStorage.setItem(this.#store, JSON.stringify({ at: Date.now(), items })) } catch { /* private windows */ }
  }

  #keptPopular() {
    try {
      const kept = JSON.parse(localStorage.getItem(this.#store))
      const items = kept.items.filter((item) => Date.parse(item.valid_until) > Date.now())
      return kept.at > Date.now() - POPULAR_KEPT_MS ? { slate_id: null, items } : null
    } catch { return null }
  }

  /** What somebody does not want must not stand in when the site is late or away. */
  #forget(coupon) {
    try {
      const kept = JSON.parse(localStorage.getItem(this.#store))
      localStorage.setItem(this.#store, JSON.stringify({ ...kept, items: kept.items.filter((item) => item.coupon !== coupon) }))
    } catch { /* nothing is kept */ }
  }

  async #shopper() {
    if (!this.#token) await this.#renew(this.getAttribute('token'))
    const claims = claimsOf(this.#token)
    if (claims.exp * 1000 < Date.now() + 5000) await this.#renew()
    return claimsOf(this.#token).sub
  }

  async #renew(given) {
    if (given) { this.#token = given; return }
    try {
      const url = this.getAttribute('token-url')
      if (this.renewToken) this.#token = (await this.renewToken()) || ''
      else if (url) this.#token = (await (await fetch(url, { headers: { Accept: 'application/json' } })).json()).token || ''
    } catch { /* the shop's own server is away: what is shown stays */ }
  }

  /** {ok, status, body}; null where nobody answered. An expired token is renewed once. */
  async #call(method, path, body, idempotency, again = true) {
    const headers = {
      Authorization: `Api-Key ${this.getAttribute('key') || ''}`,
      'Shopper-Token': this.#token,
      'Accept-Language': this.language,
    }
    if (body) headers['Content-Type'] = 'application/json'
    if (idempotency) headers['Idempotency-Key'] = idempotency
    try {
      const answer = await fetch(`${this.getAttribute('api') || HOME}/api/v1/${path}`, {
        method, headers, body: body && JSON.stringify(body), credentials: 'omit', keepalive: method === 'POST',
      })
      const content = await answer.json().catch(() => ({}))
      if (answer.status === 401 && again && /shopper_token/.test(content.code)) {
        const old = this.#token
        await this.#renew()
        if (this.#token !== old) return this.#call(method, path, body, idempotency, false)
      }
      return { ok: answer.ok, status: answer.status, body: content }
    } catch { return null }
  }

  #report(kind, item) {
    const { slate_id, coupon } = item
    if (slate_id) return this.#call('POST', 'feedback', { slate_id, feedback: [{ kind, coupon }] })
    if (kind === 'claim') this.#call('POST', 'events', { events: [{ event_id: crypto.randomUUID(), kind, coupon }] })
  }

  #emit(name, detail) { this.dispatchEvent(new CustomEvent(name, { detail, bubbles: true, composed: true })) }

  // --- what is shown

  #take(answer) {
    const before = new Map(this.#items.map((item) => [item.coupon, item]))
    const owned = new Map(this.#wallet.map((grant) => [grant.coupon, grant]).reverse())
    this.#slate = answer?.slate_id || null
    this.#items = (answer?.items || []).map((item) => {
      const known = before.get(item.coupon)
      const busy = known && /claiming|failed|held|gone/.test(known.state)
      return { ...item, slate_id: this.#slate, state: busy ? known.state : item.state || 'available', attempt: known?.attempt, ...this.#owned(owned.get(item.coupon)) }
    })
    this.#paint()
    this.#emit('coupons-loaded', { slate_id: this.#slate, coupons: this.coupons, personal: this.#items.some((item) => item.source === 'personal') })
  }

  #owned(grant) {
    if (!grant) return {}
    const state = { issued: 'claimed', held: 'held', redeemed: 'used', expired: 'ended' }[grant.status]
    return state ? { grant, state } : {}
  }

  #online = () => this.#paint()

  #set(item, fields) { Object.assign(item, fields); this.#paint() }

  #frame() {
    const t = this.#t
    const dir = RTL.test(this.language) ? 'rtl' : 'ltr'
    const dialog = el('dialog', { dir, 'aria-labelledby': 'wallet' })
    dialog.addEventListener('click', (event) => { if (event.target === dialog) dialog.close() })
    this.#root.replaceChildren(
      el('section', { 'aria-labelledby': 'title', dir, lang: this.language },
        el('div', { class: 'head' }, el('h2', { id: 'title' }, t.title),
          el('button', { class: 'open', 'data-do': 'wallet', 'aria-haspopup': 'dialog' }, t.wallet, el('b', {}, '0'))),
        el('ul', { class: this.getAttribute('layout') || '' }),
        el('p', { class: 'none', hidden: '' }, t.empty)),
      el('p', { role: 'status', class: 'said' }), dialog)
    this.#root.querySelector('ul').append(...[1, 2, 3].map(() => el('li', { class: 'wait', 'aria-hidden': 'true' })))
    this.#watch?.disconnect()
    this.#watch = new IntersectionObserver((entries) => this.#look(entries), { threshold: 0.5 })
  }

  /** Every ticket is kept by its coupon and filled anew: focus and scroll position outlive it. */
  #paint() {
    const list = this.#root.querySelector('ul')
    const active = this.#root.activeElement
    const [focused, pressed] = [active?.closest('li')?.dataset.coupon, active?.dataset.do]
    const scroll = list.scrollLeft
    const old = new Map([...list.children].map((li) => [li.dataset.coupon, li]))
    const tickets = this.#items.map((item) => {
      const li = old.get(item.coupon) || el('li', { 'data-coupon': item.coupon })
      this.#fill(li, item)
      if (!old.has(item.coupon)) this.#watch.observe(li)
      return li
    })
    if (tickets.length !== list.children.length || tickets.some((li, i) => list.children[i] !== li)) list.replaceChildren(...tickets)
    list.hidden = !tickets.length
    this.#root.querySelector('.none').hidden = !!tickets.length
    this.#root.querySelector('.open b').textContent = this.#ready.length
    list.scrollLeft = scroll
    if (focused) {
      const li = list.querySelector(`[data-coupon="${focused}"]`)
      const next = li?.querySelector(`[data-do="${pressed}"]`) || li?.querySelector('button') || this.#root.querySelector('.open')
      if (next !== this.#root.activeElement) next.focus({ preventScroll: true })
    }
  }

  get #ready() { return this.#wallet.filter((grant) => /issued|held/.test(grant.status)) }

  #fill(li, item) {
    const state = item.state === 'available' && !navigator.onLine ? 'offline' : item.state
    li.className = state
    const main = item.asked ? this.#reason(item) : el('div', { class: 'main' }, el('h3', {}, this.#name(item)), ...this.#lines(item, state), this.#foot(item, state))
    li.replaceChildren(this.#value(item), main)
  }

  #value({ benefit }) {
    const t = this.#t
    const [big, small] = {
      percent: [benefit.percent_bp && `${(benefit.percent_bp / 100).toLocaleString(this.language)}%`, t.off],
      amount: [benefit.amount_minor && this.#money(benefit.amount_minor, benefit.currency), t.off],
      free_shipping: [t.free, t.shipping],
      gift: [t.gift, ''],
    }[benefit.type] || []
    const text = String(big || benefit.text)
    return el('div', { class: `value${text.length > 7 ? ' long' : ''}` }, el('b', {}, text), el('span', {}, small || ''))
  }

  /** The title without the value, which stands beside it. */
  #name({ title, benefit }) {
    const rest = title.startsWith(`${benefit.text} `) ? title.slice(benefit.text.length + 1) : title.replace(/^\S*\d\S*( %)? off /i, '')
    return rest.charAt(0).toLocaleUpperCase() + rest.slice(1)
  }

  #lines(item, state) {
    const t = this.#t
    const until = t.until.replace('{d}', this.#day(Date.parse(item.valid_until) - 1))
    const p = (text) => el('p', {}, text)
    const why = item.reason?.text
    if (state === 'claimed') return [p(`✓ ${t.claimed}`), p(until)]
    if (state === 'held') return [p(`✓ ${t.held}`), p(until)]
    if (state === 'used') return [p(t.saved.replace('{m}', this.#money(item.grant?.saved_minor || 0, item.benefit.currency)))]
    if (state === 'ended') return [p(t.late)]
    if (state === 'gone') return [p(t.goneWhy)]
    if (state === 'failed') return [p(`! ${t.failed}`)]
    if (state === 'offline') return [p(t.offline)]
    const min = item.min_spend_minor ? ` · ${t.min.replace('{m}', this.#money(item.min_spend_minor, item.benefit.currency))}` : ''
    const items = item.min_quantity > 1 ? ` · ${t.items.replace('{n}', item.min_quantity)}` : ''
    return [why ? p(why) : null, p(until + min + items)].filter(Boolean)
  }

  #foot(item, state) {
    const t = this.#t
    const go = (what, text, off) => el('button', { class: 'go', 'data-do': what, 'aria-disabled': off && 'true', 'aria-label': `${text}: ${item.benefit.text} ${this.#name(item)}` }, text)
    const foot = el('div', { class: 'foot' })
    if (state === 'available') foot.append(go('claim', t.claim), el('button', { class: 'link', 'data-do': 'why', 'aria-label': `${t.why} ${this.#name(item)}` }, t.why))
    if (state === 'claiming') { foot.append(go('claim', t.claiming, true)); foot.firstChild.prepend(el('span', { class: 'spin' })) }
    if (state === 'claimed') {
      foot.append(go('show', t.show))
      if (this.cart && this.getAttribute('order-ref')) foot.append(el('button', { class: 'link', 'data-do': 'hold' }, t.hold))
    }
    if (state === 'held') foot.append(go('show', t.show))
    if (state === 'used') foot.append(`✓ ${t.used.replace('{d}', this.#day(item.grant?.used_at || Date.now()))}`)
    if (state === 'ended') foot.append(t.ended.replace('{d}', this.#day(item.valid_until)))
    if (state === 'gone') foot.append(t.gone)
    if (state === 'failed') foot.append(go('claim', t.retry))
    if (state === 'offline') foot.append(go('claim', t.claim, true))
    return foot
  }

  #reason(item) {
    const t = this.#t
    const link = (what, text) => el('button', { class: 'link', 'data-do': what }, text)
    return el('div', { class: 'main asked' }, el('h3', { class: 'said' }, this.#name(item)), el('p', {}, item.reason?.text || ''),
      el('div', { class: 'foot' }, link('hide', t.hide), link('back', t.back), this.#personal ? link('stop', t.stop) : link('start', t.start)))
  }

  #money(minor, currency) {
    const format = new Intl.NumberFormat(this.language, { style: 'currency', currency, currencyDisplay: 'narrowSymbol' })
    return format.format(minor / 10 ** format.resolvedOptions().maximumFractionDigits)
  }

  #day(when) { return new Intl.DateTimeFormat(this.language, { day: 'numeric', month: 'short' }).format(new Date(when)) }

  #say(text) { this.#root.querySelector('[role=status]').textContent = text }

  #look(entries) {
    for (const { target, isIntersecting } of entries) {
      const uid = target.dataset.coupon
      clearTimeout(this.#timers.get(uid))
      if (!isIntersecting) continue
      this.#timers.set(uid, setTimeout(() => {
        const item = this.#items.find((one) => one.coupon === uid)
        const seen = `${item?.slate_id}:${uid}`
        if (!item || this.#seen.has(seen)) return
        this.#seen.add(seen)
        this.#report('seen', item)
        this.#emit('coupon-shown', { coupon: uid, slate_id: item.slate_id })
      }, SEEN_MS))
    }
  }

  // --- what is pressed

  #press = (event) => {
    const button = event.target.closest('button')
    const what = button?.dataset.do
    if (!what || button.getAttribute('aria-disabled')) return
    const uid = button.closest('li')?.dataset.coupon
    const item = this.#items.find((one) => one.coupon === uid)
    if (item && /claim|why|show/.test(what)) {
      if (!item.clicked) this.#report('click', item)
      item.clicked = true
      this.#emit('coupon-clicked', { coupon: uid, slate_id: item.slate_id })
    }
    const acts = {
      claim: () => this.#claim(item), why: () => this.#ask(item, true), back: () => this.#ask(item, false), hide: () => this.#dismiss(item),
      stop: () => this.#personalise(false, item), start: () => this.#personalise(true, item), hold: () => this.hold(uid),
      wallet: () => this.#open(), show: () => this.#open(uid), close: () => this.#root.querySelector('dialog').close(),
      tab: () => this.#show(button.dataset.tab, true), code: () => this.#open(button.dataset.coupon), copy: () => this.#copy(button.value),
    }
    acts[what]?.()
  }

  #ask(item, asked) {
    this.#set(item, { asked })
    const li = this.#root.querySelector(`[data-coupon="${item.coupon}"]`)
    li.querySelector(asked ? '[data-do=hide]' : '[data-do=why]')?.focus({ preventScroll: true })
    if (asked) this.#say(item.reason?.text || '')
  }

  async #claim(item) {
    item.attempt ||= crypto.randomUUID()
    this.#set(item, { state: 'claiming' })
    const shopper = await this.#shopper()
    const body = { coupon: item.coupon, ...(item.slate_id && { slate_id: item.slate_id }) }
    const answer = shopper && (await this.#call('POST', `shoppers/${encodeURIComponent(shopper)}/coupons`, body, item.attempt))
    const grant = answer?.ok ? answer.body : answer?.body?.grant
    item = this.#items.find((one) => one.coupon === item.coupon) || item
    if (grant?.code) {
      this.#wallet = [grant, ...this.#wallet.filter((one) => one.grant !== grant.grant)]
      this.#set(item, { state: 'claimed', grant })
      this.#say(this.#t.claimed)
      if (answer.ok) this.#report('claim', item)
      this.#emit('coupon-claimed', { coupon: item.coupon, title: item.title, slate_id: item.slate_id, grant })
      return
    }
    // a refusal is kept under its key, so only what may not have arrived is sent again under the same one
    if (answer && answer.status < 500) item.attempt = null
    const state = { pool_exhausted: 'gone', usage_limit_reached: 'gone', campaign_ended: 'ended' }[answer?.body?.code] || 'failed'
    this.#set(item, { state })
    this.#say({ gone: this.#t.gone, ended: this.#t.late }[state] || this.#t.failed)
  }

  #dismiss(item) {
    this.#report('dismiss', item)
    this.#forget(item.coupon)
    this.#items = this.#items.filter((one) => one !== item)
    this.#paint()
    this.#say(this.#t.hidden)
    this.#emit('coupon-dismissed', { coupon: item.coupon, title: item.title, slate_id: item.slate_id })
  }

  async #personalise(personalised, item) {
    const shopper = await this.#shopper()
    const answer = shopper && (await this.#call('PUT', `shoppers/${encodeURIComponent(shopper)}/personalisation`, { personalised }))
    if (!answer?.ok) return this.#say(this.#t.failed)
    this.#personal = personalised
    if (item) item.asked = false
    this.#root.querySelector('dialog').close()
    this.#say(personalised ? this.#t.started : this.#t.stopped)
    this.#emit('coupons-stopped', { personalised })
    this.refresh()
  }

  // --- the wallet

  #open(uid) {
    const dialog = this.#root.querySelector('dialog')
    const active = this.#root.activeElement
    this.#opener ||= active
    const at = `li[data-coupon="${active?.closest('li')?.dataset.coupon}"] [data-do="${active?.dataset.do}"]`
    this.#tab = 'ready'
    this.#chosen = uid || this.#ready[0]?.coupon
    this.#drawWallet()
    if (dialog.open) return
    dialog.onclose = () => {
      // a ticket that was filled anew meanwhile has another button in the same place
      const back = this.#opener?.isConnected ? this.#opener : this.#root.querySelector(at) || this.#root.querySelector('.open')
      back.focus({ preventScroll: true })
      this.#opener = null
    }
    dialog.showModal()
    dialog.querySelector('h2').focus()
  }
  #opener = null
  #chosen = null

  #show(tab, focus) {
    this.#tab = tab
    this.#drawWallet()
    if (focus) this.#root.querySelector('[aria-selected=true]').focus()
  }

  #arrow = (event) => {
    const tabs = [...this.#root.querySelectorAll('[role=tab]')]
    const at = tabs.indexOf(event.target)
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key]
    if (at < 0 || !step) return
    const turned = RTL.test(this.language) ? -step : step
    this.#show(tabs[(at + turned + tabs.length) % tabs.length].dataset.tab, true)
  }

  #drawWallet() {
    const t = this.#t
    const groups = { ready: this.#ready, used: this.#wallet.filter((g) => g.status === 'redeemed'), ended: this.#wallet.filter((g) => /expired|revoked/.test(g.status)) }
    const label = { ready: t.ready, used: t.usedTab, ended: t.endedTab }
    const tabs = Object.keys(groups).map((tab) => el('button', {
      role: 'tab', id: `tab-${tab}`, 'data-do': 'tab', 'data-tab': tab, 'aria-controls': 'panel',
      'aria-selected': String(tab === this.#tab), tabindex: tab === this.#tab ? 0 : -1 }, `${label[tab]} ${groups[tab].length}`))
    const shown = groups[this.#tab]
    const rows = shown.map((grant) => {
      const state = { issued: 'available', held: 'available', redeemed: 'used' }[grant.status] || 'ended'
      const lines = state === 'available' ? [el('p', {}, t.until.replace('{d}', this.#day(Date.parse(grant.valid_until) - 1)))] : this.#lines({ ...grant, grant }, state)
      const open = state === 'available' && grant.coupon !== this.#chosen
      const foot = open ? el('div', { class: 'foot' }, el('button', { class: 'link', 'data-do': 'code', 'data-coupon': grant.coupon, 'aria-label': `${t.show}: ${grant.title}` }, t.show)) : null
      const ticket = el('li', { class: state }, this.#value(grant), el('div', { class: 'main' }, el('h3', {}, this.#name(grant)), ...lines, foot))
      return grant.coupon === this.#chosen && state === 'available' ? [ticket, this.#code(grant)] : [ticket]
    })
    const total = this.#wallet.reduce((sum, grant) => sum + grant.saved_minor, 0)
    const currency = this.#wallet[0]?.benefit.currency
    this.#root.querySelector('dialog').replaceChildren(
      el('div', { class: 'grab' }),
      el('div', { class: 'top' }, el('h2', { id: 'wallet', tabindex: '-1' }, t.wallet), el('button', { class: 'x', 'data-do': 'close', 'aria-label': t.close }, '✕')),
      el('div', { class: 'tabs', role: 'tablist', 'aria-labelledby': 'wallet' }, ...tabs),
      el('div', { id: 'panel', role: 'tabpanel', 'aria-labelledby': `tab-${this.#tab}` },
        rows.length ? el('ul', {}, ...rows.flat()) : el('p', { class: 'none' }, t.none)),
      el('p', { class: 'sum' }, el('span', {}, total ? t.total.replace('{m}', this.#money(total, currency)) : ''),
        el('button', { class: 'link', 'data-do': this.#personal ? 'stop' : 'start' }, this.#personal ? t.stop : t.start)))
  }

  #code(grant) {
    const t = this.#t
    const spaced = grant.code.replace(/^(.{5})(.{4})/, '$1 $2 ')
    return el('li', { class: 'code' }, bars(grant.code), el('output', { 'aria-label': t.code.replace('{c}', spaced) }, spaced),
      el('button', { class: 'link', 'data-do': 'copy', value: grant.code }, t.copy), el('p', { role: 'status' }, t.till))
  }

  async #copy(code) {
    try { await navigator.clipboard.writeText(code) } catch {
      getSelection().selectAllChildren(this.#root.querySelector('output')) // ready for the person's own copy key
    }
    this.#root.querySelector('.code [role=status]').textContent = this.#t.copied
    this.#emit('coupon-copied', { code })
  }
}

customElements.define('coupon-strip', CouponStrip)
})()
