"""Logits and greedy tokens of the language models that ship, from transformers in float64 on weights rounded to f16.

usage: golden_zoo.py MODELS_DIR OUT_DIR [NAME ...]
Writes OUT_DIR/NAME.safetensors with p{i}.input_ids, p{i}.logits and p{i}.greedy_ids (24 tokens more). On a machine with many cores set
OMP_NUM_THREADS=1: these models are small.
"""
import json, os, sys
import torch, transformers
from safetensors.torch import load_file, save_file

STORIES = [
    [0, 631, 616, 259, 451, 12, 424, 296, 259, 398, 581, 701, 571, 14],
    [0, 631, 616, 259, 451, 424, 296, 259, 581, 701, 1370, 14, 406, 349, 259, 967, 793, 14, 813, 411, 259, 632, 534, 270, 729, 262, 793,
     14, 319, 39, 1034, 312, 508, 385, 343],
]
BASES = [[1 + (7 * i * i + 3 * i) % 4 for i in range(40)]]
MODELS = {
    'stories-mamba2': ('Mamba2', STORIES),
    'stories-transformer': ('Llama', STORIES),
    'stories-hybrid': ('NemotronH', STORIES),
    'dna-mamba': ('Mamba', BASES),
}
NEW_TOKENS = 24


def load(family, folder):
    raw = json.load(open(os.path.join(folder, 'config.json')))
    raw = {k: float(v['__float__']) if isinstance(v, dict) and '__float__' in v else v for k, v in raw.items()}
    for name in ('dtype', 'torch_dtype', 'architectures'):
        raw.pop(name, None)
    config = getattr(transformers, family + 'Config')(**raw)
    config._attn_implementation = 'eager'
    torch.set_default_dtype(torch.float64)
    model = getattr(transformers, family + 'ForCausalLM')(config).double().eval()
    weights = {k: v.half().double() for k, v in load_file(os.path.join(folder, 'model.safetensors')).items()}
    have = set(model.state_dict())
    # Both prefixes are met: files say backbone, transformers may say model.
    named = {next((n for n in (k, k.replace('backbone.', 'model.', 1)) if n in have), k): v for k, v in weights.items()}
    missing, unexpected = model.load_state_dict(named, strict=False)
    if unexpected or [k for k in missing if k != 'lm_head.weight']:
        raise SystemExit(f'{folder}: missing {missing}, unexpected {unexpected}')
    # The head is the embeddings, whether or not this family ties them by itself.
    model.get_output_embeddings().weight = model.get_input_embeddings().weight
    return model


models_dir, out_dir, *names = sys.argv[1:]
os.makedirs(out_dir, exist_ok=True)
for name in names or MODELS:
    family, prompts = MODELS[name]
    model = load(family, os.path.join(models_dir, name))
    golden = {}
    with torch.no_grad():
        for i, ids in enumerate(prompts):
            current = torch.tensor([ids])
            golden[f'p{i}.input_ids'] = current[0].int()
            golden[f'p{i}.logits'] = model(current, use_cache=False).logits[0].float().contiguous()
            margin = float('inf')
            for _ in range(NEW_TOKENS):
                logits = model(current, use_cache=False).logits[0, -1]
                best, second = logits.topk(2).values
                margin = min(margin, float(best - second))
                current = torch.cat([current, logits.argmax().reshape(1, 1)], 1)
            golden[f'p{i}.greedy_ids'] = current[0].int()
            print(name, f'p{i}', 'least margin of a greedy choice', round(margin, 5))
    made = {'transformers': transformers.__version__, 'torch': torch.__version__, 'weights': 'rounded to f16, nearest even'}
    save_file(golden, os.path.join(out_dir, f'{name}.safetensors'), metadata=made)
