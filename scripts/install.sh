#!/bin/sh
# Brings .venv in line with pyproject.toml; does nothing where it is already.
#   sh scripts/install.sh run     what the page and the command line need
#   sh scripts/install.sh test    the same, with the tools of the tests and, where it may, a browser
# PYTHON names the interpreter to build .venv with. Every failure is one line with its remedy, Chinese [English].
set -u
part=$1
python=.venv/bin/python
log=.venv/pip.log
needed=$((4 * 1024 * 1024)) # kB: 2.3 GB installed, the rest for pip's own downloads

fail() {
    printf '%s\n' "$1" >&2
    exit 1
}

# The first interpreter that can build an environment: sets $found, or fails and says what is missing.
# 3.11 is what this is developed with; newer than 3.13 is untested, so that only PYTHON chooses it.
find_python() {
    newest=3,13
    if [ -n "${PYTHON:-}" ]; then
        set -- "$PYTHON"
        newest=3,99
    else
        set -- python3.11 python3.12 python3.13 python3 python
    fi
    lame=
    for found in "$@"; do # a pyenv shim may be there and start nothing: each one is tried
        "$found" -c "import sys; sys.exit(not (3,11) <= sys.version_info[:2] <= ($newest))" 2>/dev/null || continue
        "$found" -c 'import venv, ensurepip' 2>/dev/null && return
        lame=$found
    done
    [ -z "$lame" ] || fail "$lame 缺少 venv 模块：先安装它（Debian/Ubuntu：apt-get install python3-venv）再重试 [$lame lacks the venv module: install it (Debian/Ubuntu: apt-get install python3-venv) and try again]"
    fail "需要 Python 3.11–3.13，试过：$*。安装后重试，或指定路径：make run PYTHON=/路径/python3.12 [Python 3.11 to 3.13 is needed, tried: $*. Install one, or name it: make run PYTHON=/path/to/python3.12]"
}

build() {
    find_python
    free=$(df -Pk . | awk 'NR == 2 {print $4}')
    [ "${free:-0}" -ge "$needed" ] || fail "磁盘空间不足：此处剩余 $((${free:-0} / 1024)) MB，安装需要 4 GB。清理后重试 [Too little disk space: $((${free:-0} / 1024)) MB left here, 4 GB are needed. Make room and try again]"
    echo "建立 Python 环境 .venv（$("$found" --version 2>&1)）[creating .venv]"
    "$found" -m venv --clear .venv >/dev/null 2>&1 || fail "无法建立 .venv：请检查此文件夹的写入权限 [.venv cannot be created: check that this folder can be written]"
}

# pip's pages go to the log; the screen gets a line for each large download and one for the installation.
install() {
    : >"$log" || fail "无法写入 $log：请检查权限 [$log cannot be written: check its permissions]"
    "$python" -m pip --version >/dev/null 2>&1 || "$python" -m ensurepip >>"$log" 2>&1
    {
        "$python" -m pip install --no-input --disable-pip-version-check --progress-bar off -e "$1" 2>&1
        echo "exit $?"
    } | while read -r line; do
        printf '%s\n' "$line" >>"$log"
        case $line in
            "Downloading "*"("[1-9][0-9]*" MB)"*) echo "  下载 [downloading] ${line#Downloading }" ;;
            "Installing collected"*) echo "  写入磁盘，约一分钟 [installing, about a minute]" ;;
        esac
    done
    [ "$(tail -n 1 "$log")" = "exit 0" ] && return
    grep -q "No space left" "$log" && fail "安装依赖时磁盘已满：清理后重试；没有显卡的机器可先装 CPU 版 torch（见 README.md）[The disk is full: make room and try again; without a GPU install torch's CPU build first, see README.en.md]"
    fail "安装依赖失败：请检查网络或 pip 镜像设置后重试，详情见 $log [Installing failed: check the network or pip's mirror and try again; see $log]"
}

# The page's tests drive a browser; without one they are skipped and say so.
browser() {
    for name in chromium chromium-browser google-chrome; do
        command -v "$name" >/dev/null && return
    done
    command -v apt-get >/dev/null || return
    if [ "$(id -u)" -eq 0 ]; then root=; elif sudo -n true 2>/dev/null; then root=sudo; else return; fi
    echo "安装 chromium 与中文字体，供页面测试使用 [installing chromium and a Chinese font for the page's tests]"
    wait="-o Acquire::Retries=1 -o Acquire::http::Timeout=30"
    # shellcheck disable=SC2086  # options and an empty $root are meant to be split
    { $root apt-get $wait update && $root env DEBIAN_FRONTEND=noninteractive apt-get $wait install -y --no-install-recommends chromium fonts-noto-cjk; } >.venv/apt.log 2>&1 </dev/null ||
        echo "未能安装 chromium，页面测试将跳过，详情见 .venv/apt.log [chromium could not be installed, the page's tests are skipped; see .venv/apt.log]"
}

# What was installed, from where: equal to this, nothing is to be done. A moved checkout installs anew.
state() {
    pwd
    cat pyproject.toml
}

is_current() {
    state | cmp -s - ".venv/installed-$1"
}

"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || build
case $part in
    run)
        if ! is_current run; then
            echo "安装依赖，首次需几分钟、约 2 GB 磁盘 [installing, some minutes and 2 GB of disk the first time]"
            install '.[llm,ocr,laws]' && state >.venv/installed-run
        fi
        ;;
    test)
        if ! is_current test; then
            echo "安装依赖与测试工具，首次需几分钟、约 2.3 GB 磁盘 [installing, some minutes and 2.3 GB of disk the first time]"
            install '.[dev]' && state >.venv/installed-test && state >.venv/installed-run
        fi
        browser
        ;;
    *) fail "用法：sh scripts/install.sh run|test [usage: sh scripts/install.sh run|test]" ;;
esac
