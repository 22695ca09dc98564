"""Media types of what front ends are made of.

A table of our own: `mimetypes` reads files of the machine and differs between Python versions, and
a release must have the same headers wherever it is published. The names are those of the IANA
registry and, where browsers decide, of the WHATWG MIME Sniffing standard. Text gets its charset,
since S3 adds none; JSON and XML carry their own rule for it (RFC 8259, RFC 7303).
"""

from __future__ import annotations

UNKNOWN = "application/octet-stream"
_TEXT = "text/plain; charset=utf-8"
_JSON = "application/json"

_SUFFIXES: dict[str, str] = {
    # pages, scripts, styles
    "html": "text/html; charset=utf-8",
    "htm": "text/html; charset=utf-8",
    "xhtml": "application/xhtml+xml",
    "js": "text/javascript; charset=utf-8",
    "mjs": "text/javascript; charset=utf-8",
    "cjs": "text/javascript; charset=utf-8",
    "css": "text/css; charset=utf-8",
    "wasm": "application/wasm",
    # data
    "json": _JSON,
    "map": _JSON,
    "json5": "application/json5",
    "jsonld": "application/ld+json",
    "geojson": "application/geo+json",
    "importmap": "application/importmap+json",
    "webmanifest": "application/manifest+json",
    "xml": "application/xml",
    "xsl": "application/xslt+xml",
    "rss": "application/rss+xml",
    "atom": "application/atom+xml",
    "yaml": "application/yaml",
    "yml": "application/yaml",
    "toml": "application/toml",
    "pdf": "application/pdf",
    "zip": "application/zip",
    "gz": "application/gzip",
    "tgz": "application/gzip",
    "tar": "application/x-tar",
    "zst": "application/zstd",
    # text
    "txt": _TEXT,
    "text": _TEXT,
    "log": _TEXT,
    "md": "text/markdown; charset=utf-8",
    "csv": "text/csv; charset=utf-8",
    "tsv": "text/tab-separated-values; charset=utf-8",
    "vtt": "text/vtt; charset=utf-8",
    "ics": "text/calendar; charset=utf-8",
    "scss": _TEXT,
    "sass": _TEXT,
    "less": _TEXT,
    "tsx": _TEXT,
    "jsx": _TEXT,
    # images
    "svg": "image/svg+xml",
    "png": "image/png",
    "apng": "image/apng",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "gif": "image/gif",
    "webp": "image/webp",
    "avif": "image/avif",
    "heic": "image/heic",
    "jxl": "image/jxl",
    "bmp": "image/bmp",
    "tif": "image/tiff",
    "tiff": "image/tiff",
    "ico": "image/x-icon",
    "cur": "image/x-icon",
    "ktx2": "image/ktx2",
    # fonts
    "woff2": "font/woff2",
    "woff": "font/woff",
    "ttf": "font/ttf",
    "otf": "font/otf",
    "ttc": "font/collection",
    "eot": "application/vnd.ms-fontobject",
    # sound and film
    "mp3": "audio/mpeg",
    "m4a": "audio/mp4",
    "aac": "audio/aac",
    "flac": "audio/flac",
    "wav": "audio/wav",
    "ogg": "audio/ogg",
    "oga": "audio/ogg",
    "opus": "audio/ogg",
    "weba": "audio/webm",
    "mp4": "video/mp4",
    "m4v": "video/mp4",
    "webm": "video/webm",
    "ogv": "video/ogg",
    "mov": "video/quicktime",
    "ts": "video/mp2t",
    "m3u8": "application/vnd.apple.mpegurl",
    "mpd": "application/dash+xml",
    # three dimensions
    "glb": "model/gltf-binary",
    "gltf": "model/gltf+json",
    "usdz": "model/vnd.usdz+zip",
}

_NAMES: dict[str, str] = {
    # what hosts and people put beside a page, without a suffix
    "CNAME": _TEXT,
    "LICENSE": _TEXT,
    "LICENCE": _TEXT,
    "COPYING": _TEXT,
    "NOTICE": _TEXT,
    "README": _TEXT,
    "CHANGELOG": _TEXT,
    "AUTHORS": _TEXT,
    "VERSION": _TEXT,
    "robots": _TEXT,
    "_headers": _TEXT,
    "_redirects": _TEXT,
    ".nojekyll": _TEXT,
    ".htaccess": _TEXT,
    # what clients look for by name; iOS wants JSON for the first and reads it at the top as well
    "apple-app-site-association": _JSON,
    ".well-known/openid-configuration": _JSON,
    ".well-known/oauth-authorization-server": _JSON,
    ".well-known/oauth-protected-resource": _JSON,
    ".well-known/matrix/client": _JSON,
    ".well-known/matrix/server": _JSON,
    ".well-known/nodeinfo": _JSON,
    ".well-known/webfinger": "application/jrd+json",
    ".well-known/host-meta": "application/xrd+xml",
}


def media_type(path: str) -> str:
    """Return the Content-Type of a path by its name, the same on every machine."""
    if path in _NAMES:
        return _NAMES[path]
    if path.startswith(".well-known/acme-challenge/"):
        return _TEXT
    name = path.rsplit("/", 1)[-1]
    stem, dot, suffix = name.rpartition(".")
    if stem.endswith(".d") and suffix in {"ts", "mts", "cts"}:
        return _TEXT  # a declaration of TypeScript, not a piece of film
    if stem and dot:
        return _SUFFIXES.get(suffix.lower(), UNKNOWN)
    return _NAMES.get(name, UNKNOWN)
