# The commands of the README. Each does all of its own set-up, changes nothing that is in order, and may be repeated.
# Settings are RAG_ variables: RAG_PORT=7861 make run. PYTHON=… chooses the interpreter .venv is built with.

.DEFAULT_GOAL := help
.PHONY: help run test eval bench fuzz faults screenshots format clean
python := .venv/bin/python
shared := $(wildcard ../shared)
export PYTHON

help:
	@echo '条目 Tiaomu'
	@echo '  make run     安装、建索引、打开页面    install, index, serve the page'
	@echo '  make test    检查与全部测试            all checks and tests'
	@echo '  make eval    在标注问题上评测          score the gold questions'
	@echo '  make bench   测速度与内存               measure time and memory'
	@echo '  make fuzz    各格式各十分钟的模糊测试   fuzz each loader and the parser'
	@echo '  make faults  中断、磁盘写满等故障一百次     a hundred kills of a build, and other faults'
	@echo '  make screenshots  各状态的页面截图      draw the page in its states'
	@echo '  make format  统一代码格式              format the code'
	@echo '  make clean   删除 .venv 与缓存         remove .venv and caches (the index stays)'
	@echo '设置 settings: RAG_CORPUS=文件夹 RAG_PORT=7861 make run (README)'

# Exit status 3 of the index: some files were refused and are listed; the others are served.
run:
	@sh scripts/install.sh run
	@$(python) -m rag index || [ $$? -eq 3 ]
	@exec $(python) app.py

test:
	@sh scripts/install.sh test
	$(python) -m ruff check .
	$(python) -m ruff format --check .
	$(python) -m mypy
	$(python) -m pytest -rs
	$(python) -m eval gate
	$(if $(wildcard $(shared)/check_contract.py),$(python) $(shared)/check_contract.py)

eval:
	@sh scripts/install.sh test
	$(python) -m eval parse --out eval/out/parse
	$(python) -m eval references --docs corpus
	$(python) -m eval run eval/gold/sample.jsonl --docs corpus --system all --out eval/out/sample
	$(if $(wildcard $(shared)/eval/gold_dev.jsonl),$(python) -m eval run $(shared)/eval/gold_dev.jsonl --docs $(shared)/corpus --system all --out eval/out/gold_dev)
	$(python) -m eval retrieval --set sample --set gold_dev --out eval/out/retrieval
	$(python) -m eval results eval/out

bench:
	@sh scripts/install.sh test
	$(python) -m eval bench --out eval/out/bench
	$(python) -m scripts.page_speed

fuzz:
	@sh scripts/install.sh test
	$(python) -m pip install -q --disable-pip-version-check 'atheris>=3,<4'
	$(python) tests/fuzz.py all --seconds 600

faults:
	@sh scripts/install.sh test
	TIAOMU_FAULTS=100 $(python) -m pytest -rs tests/test_faults.py tests/test_survival.py tests/test_journal.py

screenshots:
	@sh scripts/install.sh test
	$(python) -m scripts.screenshots

format:
	@sh scripts/install.sh test
	$(python) -m ruff check --fix .
	$(python) -m ruff format .

clean:
	rm -rf .venv build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis eval/out tests/out
	find . -name .git -prune -o -name __pycache__ -type d -prune -exec rm -rf {} +
