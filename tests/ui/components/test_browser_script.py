"""assets/keys.js and assets/theme.js in a real browser, over the attributes that the parts write."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.support.browser import chromium

ASSETS = Path(__file__).parents[3] / "assets"
ROWS = "".join(
    f'<tr data-row="{n}"><td><input type="checkbox" data-key="x" aria-label="Select {n}"'
    f" onchange=\"log('selected {n}')\"><button hidden data-open onclick=\"log('open {n}')\"></button></td>"
    f"<th scope=row><a href='#client'>Client {n}</a></th><td>{n}.00</td></tr>"
    for n in (1, 2, 3)
)
BODY = f"""
<script>window.told = []; function log(text) {{ told.push(text) }}</script>
<a class="skip" href="#elsewhere">Skip to content</a>
<main id="main" tabindex="-1">
  <input id="search" type="search" data-key="/" aria-label="Find">
  <div class="scroll"><table data-rows data-open-row=""><tbody>{ROWS}</tbody></table></div>
  <button data-key="a" onclick="log('approve')">Approve 24 <kbd>A</kbd></button>
  <button data-key="shift+a" onclick="log('approve all')">Approve all</button>
  <button data-key="d" disabled onclick="log('dismiss')">Dismiss</button>
  <button hidden data-key="n" data-key-label="No match" onclick="log('no match')"></button>
  <button id="kind" data-menu aria-haspopup="menu">Kind</button>
  <div role="menu" popover="auto"><button role="menuitem" tabindex="-1" onclick="log('one')">One</button>
    <button role="menuitem" tabindex="-1" onclick="log('two')">Two</button></div>
  <button id="ask" onclick="ask()">Ask</button>
  <time id="time" data-relative datetime="2026-11-20T09:12:00+00:00">20 Nov 2026</time>
</main>
<dialog id="keys" data-local><button data-close>Close</button><dl data-keys-list></dl></dialog>
<dialog id="palette" data-local><input data-autofocus role="combobox"><div role="listbox">
  <div role="group"><a role="option" href="#billing" onclick="log('billing')">Billing</a>
  <a role="option" href="#clients" onclick="log('clients')">Clients</a></div>
  <div role="group"><div data-palette-actions></div></div></div><p data-nothing hidden>Nothing</p></dialog>
<script>
function ask() {{
  const dialog = document.createElement("dialog");
  dialog.setAttribute("data-modal", "");
  dialog.innerHTML = '<button data-close>Close</button><button data-key="y">Yes</button>';
  dialog.querySelector("[data-close]").onclick = () => {{ log("left"); dialog.remove(); }};
  dialog.querySelector("[data-key]").onclick = () => {{ log("yes"); dialog.remove(); }};
  document.body.append(dialog);
}}
</script>
"""

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    with browser.new_context() as context:
        page = context.new_page()
        page.clock.install(time="2026-11-20T09:18:00Z")
        page.set_content(BODY)
        page.add_script_tag(path=ASSETS / "keys.js")
        yield page


def told(page: Page) -> list[str]:
    return page.evaluate("told")


def current(page: Page) -> str:
    return page.evaluate("[...document.querySelectorAll('tr[aria-current=true]')].map(row => row.dataset.row).join()")


def test_j_tells_the_server_at_once_and_in_a_run_only_the_last(page: Page) -> None:
    page.clock.pause_at("2026-11-20T09:19:00Z")
    page.keyboard.press("j")
    assert told(page) == ["open 1"]
    for _ in range(2):
        page.clock.run_for(100)
        page.keyboard.press("j")
    assert current(page) == "3"
    assert page.evaluate("document.activeElement.dataset.row") == "3"
    page.clock.run_for(139)
    assert told(page) == ["open 1"]
    page.clock.run_for(1)
    assert told(page) == ["open 1", "open 3"]


def test_after_a_rest_each_move_is_told_at_once(page: Page) -> None:
    page.clock.pause_at("2026-11-20T09:19:00Z")
    for key in ("j", "j", "k"):
        page.keyboard.press(key)
        page.clock.run_for(140)
    assert told(page) == ["open 1", "open 2", "open 1"]


def test_a_key_in_the_midst_of_a_run_has_the_row_in_hand_told_at_once(page: Page) -> None:
    page.clock.pause_at("2026-11-20T09:19:00Z")
    for key in ("j", "j", "a"):
        page.keyboard.press(key)
    assert told(page) == ["open 1", "open 2"]
    page.evaluate("document.querySelector('table').dataset.openRow = '1'")
    page.clock.run_for(10)
    assert told(page) == ["open 1", "open 2"]
    page.evaluate("document.querySelector('table').dataset.openRow = '2'")
    page.clock.run_for(200)
    assert told(page) == ["open 1", "open 2", "approve"]


def test_an_older_answer_of_the_server_does_not_move_the_row_back(page: Page) -> None:
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.evaluate("document.querySelector('table').dataset.openRow = '1'")
    assert current(page) == "2"
    page.evaluate("document.querySelector('table').dataset.openRow = '2'")
    page.evaluate("document.querySelector('table').dataset.openRow = '3'")
    assert current(page) == "3"


def test_a_key_pressed_right_after_j_acts_on_the_row_j_went_to(page: Page) -> None:
    page.keyboard.press("j")
    page.keyboard.press("a")
    assert told(page) == ["open 1"]
    page.evaluate("document.querySelector('table').dataset.openRow = '1'")
    page.wait_for_function("told.length > 1")
    assert told(page) == ["open 1", "approve"]


def test_the_focus_follows_when_the_server_opens_another_row(page: Page) -> None:
    page.keyboard.press("j")
    page.wait_for_function("told.length > 0")
    page.evaluate("document.querySelector('table').dataset.openRow = '1'")
    page.evaluate("document.querySelector('table').dataset.openRow = '3'")
    page.wait_for_function("document.activeElement.dataset.row === '3'")
    page.keyboard.press("k")
    assert page.evaluate("document.activeElement.dataset.row") == "2"


def test_a_click_beside_the_links_opens_the_row_and_a_link_does_not(page: Page) -> None:
    page.click("tr[data-row='2'] td:last-child")
    page.click("tr[data-row='3'] a")
    assert told(page) == ["open 2"]


def test_a_row_with_a_way_in_is_entered_by_click_and_by_enter(page: Page) -> None:
    page.evaluate(
        "document.querySelectorAll('tr[data-row] a').forEach(link => { link.dataset.enter = '';"
        " link.onclick = () => log('enter ' + link.textContent) })"
    )
    page.click("tr[data-row='2'] td:last-child")
    page.focus("tr[data-row='3']")
    page.keyboard.press("Enter")
    assert told(page) == ["enter Client 2", "enter Client 3"]


def test_keys_press_what_declares_them(page: Page) -> None:
    for key in ("a", "Shift+A", "n"):
        page.keyboard.press(key)
    assert told(page) == ["approve", "approve all", "no match"]


def test_a_disabled_button_disables_its_key(page: Page) -> None:
    page.keyboard.press("d")
    assert told(page) == []


def test_row_keys_act_on_the_row_in_hand(page: Page) -> None:
    page.keyboard.press("x")
    assert told(page) == []
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("x")
    assert [each for each in told(page) if each.startswith("selected")] == ["selected 2"]


def test_keys_are_letters_in_a_field_and_escape_leaves_it(page: Page) -> None:
    page.keyboard.press("/")
    page.keyboard.type("aj")
    assert page.input_value("#search") == "aj"
    assert told(page) == []
    page.keyboard.press("Escape")
    page.keyboard.press("a")
    assert told(page) == ["approve"]


def test_a_field_follows_the_server_only_while_nobody_types(page: Page) -> None:
    page.evaluate("document.querySelector('#search').dataset.value = 'north'")
    page.wait_for_function("document.querySelector('#search').value === 'north'")
    page.keyboard.press("/")
    page.keyboard.type("south")
    page.evaluate("document.querySelector('#search').dataset.value = 'sou'")
    page.keyboard.type("ern")
    assert page.input_value("#search") == "southern"
    page.keyboard.press("Escape")
    page.evaluate("document.querySelector('#search').dataset.value = ''")
    page.wait_for_function("document.querySelector('#search').value === ''")


def test_the_browsers_own_combinations_are_left_alone(page: Page) -> None:
    page.keyboard.press("Control+a")
    page.keyboard.press("Alt+a")
    assert told(page) == []


def test_the_focus_stays_in_the_list_when_its_row_goes(page: Page) -> None:
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.evaluate("document.querySelector('tr[data-row=\"2\"]').remove()")
    page.wait_for_function("document.activeElement.dataset.row === '3'")


def test_a_dialog_shows_itself_and_takes_the_keys(page: Page) -> None:
    page.click("#ask")
    page.wait_for_selector("dialog[data-modal][open]")
    page.keyboard.press("a")
    page.keyboard.press("j")
    assert told(page) == []
    page.keyboard.press("y")
    assert told(page) == ["yes"]
    page.wait_for_function("document.activeElement.id === 'ask'")


def test_escape_leaves_a_dialog_by_its_bound_button(page: Page) -> None:
    page.click("#ask")
    page.wait_for_selector("dialog[data-modal][open]")
    page.keyboard.press("Escape")
    assert told(page) == ["left"]


def test_the_list_of_keys_says_what_is_there(page: Page) -> None:
    page.keyboard.press("?")
    words = page.inner_text("#keys dl")
    assert "Approve 24" in words
    assert "No match" in words
    assert "Dismiss" not in words
    page.keyboard.press("Escape")
    assert not page.evaluate("document.getElementById('keys').open")


def test_a_menu_walks_by_arrows_and_gives_the_focus_back(page: Page) -> None:
    page.click("#kind")
    assert page.get_attribute("#kind", "aria-expanded") == "true"
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    assert told(page) == ["two"]
    page.wait_for_selector("#kind[aria-expanded=false]")
    assert page.evaluate("document.activeElement.id") == "kind"


def test_keys_do_not_act_behind_a_menu(page: Page) -> None:
    page.click("#kind")
    page.keyboard.press("a")
    page.keyboard.press("Escape")
    assert told(page) == []


def test_the_palette_finds_pages_and_does_what_the_page_can(page: Page) -> None:
    page.keyboard.press("Control+k")
    page.keyboard.type("bil")
    page.keyboard.press("Enter")
    assert told(page) == ["billing"]
    assert not page.evaluate("document.getElementById('palette').open")
    page.keyboard.press("Control+k")
    assert page.input_value("#palette input") == ""
    page.keyboard.type("no match")
    page.keyboard.press("Enter")
    assert told(page) == ["billing", "no match"]


def test_the_palette_says_when_nothing_is_found(page: Page) -> None:
    page.keyboard.press("Control+k")
    page.keyboard.type("zzz")
    assert page.is_visible("[data-nothing]")


def test_the_skip_link_moves_the_focus_and_not_the_address(page: Page) -> None:
    page.focus("a.skip")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    assert "elsewhere" not in page.url


def test_times_are_relative_refresh_and_exact_on_hover(page: Page) -> None:
    assert page.inner_text("#time") == "6 min ago"
    assert page.get_attribute("#time", "title") == "20 Nov 2026, 09:12 UTC"
    page.clock.run_for(2 * 60_000)
    assert page.inner_text("#time") == "8 min ago"
    assert (
        page.evaluate("rcx.relative(new Date('2026-11-01T00:00:00Z'), new Date('2026-11-20T00:00:00Z'))")
        == "1 Nov 2026"
    )
    assert page.evaluate("rcx.relative(new Date('2026-11-20T12:00:00Z'), new Date('2026-11-20T09:00:00Z'))") == "in 3 h"


def test_more_rows_are_asked_for_when_the_button_comes_near(page: Page) -> None:
    more = """<button data-more onclick="log('more'); this.disabled = true">Show more</button>"""
    page.evaluate("html => document.body.insertAdjacentHTML('beforeend', html)", more)
    page.wait_for_function("told.includes('more')")


@pytest.mark.parametrize(
    ("stored", "system", "expected"), [("", "dark", "dark"), ("", "light", "light"), ("light", "dark", "light")]
)
def test_the_colour_mode_stands_before_the_first_paint(
    browser: Browser, stored: str, system: str, expected: str
) -> None:
    script = (ASSETS / "theme.js").read_text()
    with browser.new_context(color_scheme=system) as context:  # type: ignore[arg-type]
        page = context.new_page()
        page.route(
            "**/*", lambda route: route.fulfill(content_type="text/html", body=f"<html><script>{script}</script><p>x")
        )
        page.goto("http://rcx.test/")
        if stored:
            page.evaluate("mode => localStorage.setItem('theme', mode)", stored)
            page.reload()
        assert page.evaluate("document.documentElement.className") == expected
