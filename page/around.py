"""What stands around the conversation: its top, the drawer, the source panel, the line above the question box.

All of it is words; what it does is page.js', panel.js', drawer.js' and turns.js', found by data attributes.
"""

from html import escape

from page import frame
from page.source import bar
from page.words import Words


def header(words: Words) -> str:
    """The top of the conversation's page: the drawer, name and icon, the other pages, how it is displayed."""
    return (
        f'<div class="row"><a class="skip" href="#question" data-skip>{escape(words.skip)}</a>'
        f'<button type="button" class="open-drawer" data-drawer aria-haspopup="dialog"><span aria-hidden="true">☰</span> '
        f"<span>{escape(words.drawer)}</span></button>{frame.brand(words)}{frame.navigation(words, 'ask')}{frame.elder(words)}"
        f'{_switch(words)}<a class="new" data-new href="{frame.address("ask", words)}">{escape(words.new)}</a></div>'
    )


def _switch(words: Words) -> str:
    """The link to the page in the other language."""
    tag = "zh-CN" if words.other == "zh" else "en"
    return f'<a class="switch" lang="{tag}" data-switch href="/?lang={words.other}">{escape(words.other_name)}</a>'


def scope_line(words: Words) -> str:
    """What the search is restricted to, and which turn is being edited: filled in by the scripts."""
    return (
        f'<p id="local" class="fault" role="status" hidden></p><div class="above editing" hidden><span data-template="{escape(words.editing)}"></span>'
        f'<button type="button" class="quiet" data-unedit>{escape(words.cancel)}</button></div>'
        f'<div class="above scope-line"><button type="button" class="quiet" data-drawer aria-haspopup="dialog">'
        f'{escape(words.restrict)}</button><ul data-chosen data-remove="{escape(words.remove)}"></ul></div>'
    )


def drawer(words: Words) -> str:
    """Where to look and what was asked before: a dialog whose parts are fetched when it is opened."""
    return (
        f'<dialog id="drawer" aria-label="{escape(words.drawer)}"><div class="bar"><b>{escape(words.drawer)}</b>'
        f'<button type="button" class="close" data-undrawer>{escape(words.close)}</button></div>'
        f'<div class="drawer-body"><section class="drawer-ways">{frame.navigation(words, "ask")}{frame.elder(words)}'
        f'{_switch(words)}</section><section id="scope-form" data-lang="{words.tag[:2]}"></section>'
        f'<section id="history"><h2>{escape(words.history)}</h2><label class="search"><span>{escape(words.search_history)}'
        '</span><input type="search" maxlength="100" data-search></label><div data-list></div></section></div></dialog>'
    )


def rating_form(words: Words) -> str:
    """What is asked of somebody who finds an answer wrong: a template that turns.js sets below it."""
    reasons = "".join(
        f'<label><input type="radio" name="reason" value="{escape(one)}"> {escape(one)}</label>'
        for one in words.reasons
    )
    return (
        f'<template id="rating"><form class="rating"><fieldset><legend>{escape(words.what_is_wrong)}</legend>{reasons}'
        f"</fieldset><label>{escape(words.correction)}<textarea name='correction' rows='3' maxlength='4000'></textarea></label>"
        f'<button type="submit" class="primary">{escape(words.send_rating)}</button> '
        f'<button type="button" class="quiet" data-unrate>{escape(words.cancel)}</button></form></template>'
    )


def panel(words: Words) -> str:
    """The empty source panel, and the line that tells a screen reader what has happened."""
    return (
        f'<aside id="panel" aria-label="{escape(words.panel)}" data-loading="{escape(words.loading)}" '
        f'data-panel="{escape(words.panel)}" data-failed="{escape(words.not_loaded)}" data-copied="{escape(words.copied)}" '
        f'data-uncopied="{escape(words.copy_failed)}" data-thanks="{escape(words.thanks)}" data-sure="{escape(words.sure)}" '
        f'data-unrated="{escape(words.unrated)}" data-offline="{escape(words.offline)}" data-lang="{words.tag}" hidden>'
        f'<div class="bar"><div class="what"><b>{escape(words.panel)}</b><span></span></div>'
        f'<a class="alone" target="_blank" rel="noopener" href="/">{escape(words.alone)}</a>'
        f'<button type="button" class="close" data-close>{escape(words.close)}</button>{bar(words)}</div>'
        '<div class="body" tabindex="0"></div></aside><p class="hidden" role="status" id="said"></p>'
    )
