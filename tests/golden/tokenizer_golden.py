"""What Hugging Face's own tokenizer (Rust, package `tokenizers`) makes of texts that are easy to get wrong.

usage: tokenizer_golden.py TOKENIZER.json OUT.json
"""
import json, sys
from tokenizers import Tokenizer

texts = [
    "Once upon a time there was a girl named Mia. She had a red ball.",
    "She said, \"I'm sure they've gone; we'll see what he'd do.\"",
    "  two leading spaces", "trailing   ", "\n", "\n\n", " \n \n", "\t tab\tstop", "a\r\nb", "", " ", "   ",
    "naïve café, cafe\u0301 and nai\u0308ve", "e\u0301\u0302\u0303", "\u0301 alone",
    "从前有一个小女孩。", "むかしむかし", "옛날 옛적에", "Жила-была девочка", "كان يا ما كان", "एक बार की बात है", "מעשה שהיה",
    "😀", "a😀b", "👩‍👩‍👧‍👦", "🇸🇪🇨🇳", "❤️ and ❤", "👍🏽", "\u200b\u200d\ufeff", "\ufeffBOM first",
    "\u0085next line", "\u00a0no-break\u00a0space", "\u3000wide", "\u2028line\u2029paragraph",
    "12 345,67 ½ ² Ⅷ ٣", "!!!???...", "$x^2 + y_1 = \\frac{1}{2}$", "snake_case CamelCase kebab-case",
    "\x00\x01\x7f", "\U0010ffff\U00010000", "\ufffd", "ꙮ𝔘𝔫𝔦", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "ÀÈÌÒÙ", "ﬁ ﬂ",
    "Mia\ufeff's", "Mia\u0085's \u0085 x", "a\u0085\u0085b",
]
tokenizer = Tokenizer.from_file(sys.argv[1])
rows = [{'text': text, 'ids': tokenizer.encode(text, add_special_tokens=False).ids} for text in texts]
json.dump(rows, open(sys.argv[2], 'w'), indent=0)
