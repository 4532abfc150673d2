"""What the page shows: answers in `render`, documents in `source`, its own words in `words`, addresses in `routes`.

`app.py` ties them to Gradio and starts the server; `style.css`, `script.js` and `icon.svg` are served as they lie here.
"""
