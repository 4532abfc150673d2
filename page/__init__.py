"""What the page shows, as HTML: answers in `render`, documents in `source`, its own words in `words`.

`app.py` ties them to Gradio and to the addresses; `style.css`, `script.js` and `icon.svg` are served as they lie here.
"""
