"""What the page shows: answers in `render`, documents in `source`, its own words in `words`, addresses in `routes`.

What is kept of conversations is `record`'s, with its files in `export`, its gold questions in `gold` and its addresses
in `record_routes`; `evaluation` shows what `eval` measured.
`app.py` ties them to Gradio and starts the server; styles, scripts and `icon.svg` are served as they lie here.
"""
