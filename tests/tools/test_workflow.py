"""A workflow file becomes the prompt that the front end would send."""

import pytest

from report import Failure
from workflow import WorkflowError, replace, to_prompt

OBJECT_INFO = {
    "Loader": {"input": {"required": {"name": [["a.safetensors", "b.safetensors"], {}]}}},
    "Encode": {"input": {"required": {"text": ["STRING", {"multiline": True}], "clip": ["CLIP"]}}},
    "Sampler": {
        "input": {
            "required": {
                "model": ["MODEL", {"tooltip": "…"}],
                "seed": ["INT", {"default": 0, "control_after_generate": True}],
                "steps": ["INT", {"default": 20}],
                "sampler_name": ["COMBO", {"options": ["euler", "plms"]}],
            },
            "optional": {"strength": ["FLOAT", {"default": 1.0}], "mask": ["MASK"]},
        }
    },
    "Picture": {"input": {"required": {"image": [["example.png"], {"image_upload": True}]}}},
    "PictureWithOption": {
        "input": {
            "required": {"image": ["COMBO", {"options": ["example.png"], "image_upload": True}]},
            "optional": {"channel": ["COMBO", {"options": ["red", "green"]}]},
        }
    },
    "Masks": {
        "input": {
            "required": {
                "masks": [
                    "COMFY_AUTOGROW_V3",
                    {
                        "template": {
                            "input": {"required": {"mask": ["MASK", {}]}},
                            "prefix": "mask",
                            "min": 1,
                            "max": 10,
                        }
                    },
                ],
                "overlap": ["COMBO", {"options": ["first", "last"]}],
            }
        }
    },
    "Resize": {
        "input": {
            "required": {
                "image": ["IMAGE"],
                "mode": [
                    "COMFY_DYNAMICCOMBO_V3",
                    {
                        "options": [
                            {
                                "key": "size",
                                "inputs": {
                                    "required": {
                                        "width": ["INT", {"default": 512}],
                                        "height": ["INT", {"default": 512}],
                                    }
                                },
                            },
                            {"key": "like", "inputs": {"required": {"other": ["IMAGE"]}}},
                        ]
                    },
                ],
                "method": ["COMBO", {"options": ["nearest", "area"]}],
            }
        }
    },
    "Plain": {
        "input": {
            "required": {
                "given": ["INT", {"forceInput": True}],
                "color": ["COLOR", {"socketless": True}],
                "points": ["SOME_WIDGET", {}],
                "socket": ["SOME_TYPE", {}],
            }
        }
    },
    "ImageFilter": {"input": {"required": {"image": ["IMAGE"], "amount": ["INT", {}]}}},
    "Save": {"input": {"required": {"images": ["IMAGE"]}}, "output_node": True},
    "Any": {"input": {"optional": {"value": ["*"]}}, "output_node": True},
}


def node(node_id, kind, widgets=None, inputs=(), outputs=(), **more):
    """A node of a file; inputs are (name, type, link), outputs are types."""
    return {
        "id": node_id,
        "type": kind,
        "mode": 0,
        "inputs": [{"name": n, "type": t, "link": link} for n, t, link in inputs],
        "outputs": [{"name": t, "type": t} for t in outputs],
        "widgets_values": widgets if widgets is not None else [],
        **more,
    }


def convert(nodes, links=()):
    return to_prompt({"nodes": nodes, "links": [list(link) for link in links]}, OBJECT_INFO)


def inputs_of(tested, links=(), others=()):
    """The inputs that one node gets; it need not lead to an output."""
    prompt = convert([tested, *others, node(99, "Any")], links)
    return prompt[str(tested["id"])]["inputs"]


def test_links_become_node_id_and_slot():
    prompt = convert(
        [
            node(1, "Picture", ["example.png", "image"], outputs=["IMAGE", "MASK"]),
            node(2, "Save", inputs=[("images", "IMAGE", 5)]),
        ],
        [(5, 1, 0, 2, 0, "IMAGE")],
    )
    assert prompt["2"]["inputs"] == {"images": ["1", 0]}
    assert prompt["2"]["class_type"] == "Save"


def test_widget_values_are_read_in_the_order_of_the_inputs():
    sampler = node(1, "Sampler", [7, "fixed", 30, "plms", 0.5])
    assert inputs_of(sampler) == {"seed": 7, "steps": 30, "sampler_name": "plms", "strength": 0.5}


def test_the_control_after_a_seed_may_be_absent_in_hand_written_files():
    sampler = node(1, "Sampler", [7, 30, "plms", 0.5])
    assert inputs_of(sampler) == {"seed": 7, "steps": 30, "sampler_name": "plms", "strength": 0.5}


def test_widgets_newer_than_the_file_get_their_default():
    sampler = node(1, "Sampler", [7, "fixed", 30])
    assert inputs_of(sampler) == {"seed": 7, "steps": 30, "sampler_name": "euler", "strength": 1.0}


def test_widget_values_may_be_saved_by_name():
    sampler = node(1, "Sampler", {"seed": 7, "steps": 30, "sampler_name": "plms", "more": 1})
    assert inputs_of(sampler) == {"seed": 7, "steps": 30, "sampler_name": "plms", "strength": 1.0}


def test_a_link_into_a_converted_widget_wins_over_its_saved_value():
    sampler = node(1, "Sampler", [7, "fixed", 30, "plms", 0.5])
    sampler["inputs"] = [{"name": "steps", "type": "INT", "link": 3, "widget": {"name": "steps"}}]
    source = node(2, "Picture", ["example.png"], outputs=["INT"])
    inputs = inputs_of(sampler, [(3, 2, 0, 1, 0, "INT")], [source])
    assert inputs == {"seed": 7, "steps": ["2", 0], "sampler_name": "plms", "strength": 0.5}


def test_the_value_of_an_upload_button_is_no_input():
    assert inputs_of(node(1, "Picture", ["map.png", "image"])) == {"image": "map.png"}
    with_option = node(1, "PictureWithOption", ["map.png", "image", "green"])
    assert inputs_of(with_option) == {"image": "map.png", "channel": "green"}


def test_inputs_that_are_forced_to_be_sockets_have_no_saved_value():
    plain = node(1, "Plain", ["#ff0000", [[0, 1], [2, 3]]])
    plain["inputs"] = [
        {"name": "points", "type": "SOME_WIDGET", "link": None, "widget": {"name": "points"}}
    ]
    # A list is wrapped, or the server would read it as a link.
    assert inputs_of(plain) == {"color": "#ff0000", "points": {"__value__": [[0, 1], [2, 3]]}}


def test_autogrow_inputs_keep_their_dotted_names():
    masks = node(
        1,
        "Masks",
        ["last"],
        inputs=[
            ("masks.mask0", "MASK", 1),
            ("masks.mask1", "MASK", 2),
            ("masks.mask2", "MASK", None),
        ],
    )
    source = node(2, "Picture", ["example.png"], outputs=["IMAGE", "MASK"])
    inputs = inputs_of(masks, [(1, 2, 1, 1, 0, "MASK"), (2, 2, 1, 1, 1, "MASK")], [source])
    assert inputs == {"masks.mask0": ["2", 1], "masks.mask1": ["2", 1], "overlap": "last"}


def test_the_chosen_option_of_a_dynamic_combo_brings_its_widgets():
    assert inputs_of(node(1, "Resize", ["size", 640, 480, "area"])) == {
        "mode": "size",
        "mode.width": 640,
        "mode.height": 480,
        "method": "area",
    }
    resize = node(1, "Resize", ["like", "area"], inputs=[("mode.other", "IMAGE", 1)])
    source = node(2, "Picture", ["example.png"], outputs=["IMAGE"])
    inputs = inputs_of(resize, [(1, 2, 0, 1, 0, "IMAGE")], [source])
    assert inputs == {"mode": "like", "mode.other": ["2", 0], "method": "area"}


def chain(*between):
    """A picture, the given nodes one after the other, and Save; returns Save's inputs."""
    nodes = [node(1, "Picture", ["example.png"], outputs=["IMAGE"]), *between]
    nodes.append(node(9, "Save", inputs=[("images", "IMAGE", len(nodes))]))
    links = [
        (number, nodes[number - 1]["id"], 0, nodes[number]["id"], 0, "IMAGE")
        for number in range(1, len(nodes))
    ]
    return convert(nodes, links)


def test_reroutes_vanish():
    reroutes = [
        node(2, "Reroute", inputs=[("", "*", 1)], outputs=["IMAGE"]),
        node(3, "Reroute", inputs=[("", "*", 2)], outputs=["IMAGE"]),
    ]
    prompt = chain(*reroutes)
    assert prompt["9"]["inputs"] == {"images": ["1", 0]}
    assert set(prompt) == {"1", "9"}


def test_a_bypassed_node_hands_through_the_input_of_the_same_type():
    bypassed = node(2, "ImageFilter", [3], inputs=[("image", "IMAGE", 1)], outputs=["IMAGE"])
    bypassed["mode"] = 4
    prompt = chain(bypassed)
    assert prompt["9"]["inputs"] == {"images": ["1", 0]}
    assert "2" not in prompt


def test_a_bypassed_node_of_an_unknown_type_does_no_harm():
    bypassed = node(2, "Elsewhere", inputs=[("image", "IMAGE", 1)], outputs=["IMAGE"], mode=4)
    assert chain(bypassed)["9"]["inputs"] == {"images": ["1", 0]}


def test_bypass_prefers_the_same_slot_and_skips_other_types():
    bypassed = node(
        3,
        "Elsewhere",
        inputs=[("text", "STRING", None), ("first", "IMAGE", 1), ("second", "IMAGE", 2)],
        outputs=["STRING", "STRING", "IMAGE"],
        mode=4,
    )
    sources = [node(i, "Picture", ["example.png"], outputs=["IMAGE"]) for i in (1, 2)]
    to_bypassed = [(1, 1, 0, 3, 1, "IMAGE"), (2, 2, 0, 3, 2, "IMAGE")]

    def saved(slot):
        save = node(9, "Save", inputs=[("images", "IMAGE", 3)])
        prompt = convert([*sources, bypassed, save], [*to_bypassed, (3, 3, slot, 9, 0, "IMAGE")])
        return prompt["9"]["inputs"]["images"]

    assert saved(slot=2) == ["2", 0]
    assert saved(slot=0) == ["1", 0]


def test_a_muted_node_leaves_its_followers_unconnected():
    muted = node(2, "ImageFilter", [3], inputs=[("image", "IMAGE", 1)], outputs=["IMAGE"], mode=2)
    with pytest.raises(WorkflowError, match=r"node 9 \(Save\): required input 'images' is missing"):
        chain(muted)


def test_the_value_of_a_primitive_node_goes_into_the_input():
    sampler = node(1, "Sampler", [7, "fixed", 30, "plms", 0.5])
    sampler["inputs"] = [{"name": "seed", "type": "INT", "link": 3, "widget": {"name": "seed"}}]
    primitive = node(2, "PrimitiveNode", [123, "increment"], outputs=["INT"])
    inputs = inputs_of(sampler, [(3, 2, 0, 1, 0, "INT")], [primitive])
    assert inputs["seed"] == 123


def test_notes_are_not_sent():
    assert set(convert([node(1, "Note", ["…"]), node(2, "MarkdownNote"), node(3, "Any")])) == {"3"}


def test_an_unknown_node_type_is_named():
    with pytest.raises(WorkflowError, match="node 4: this server has no node type 'Elsewhere'"):
        convert([node(4, "Elsewhere"), node(5, "Any")])


def encoding(links, **more):
    """A subgraph with the id "text": text and clip go into an encoder, whose output goes out."""
    encoder = node(7, "Encode", ["inside"], outputs=["CONDITIONING"])
    encoder["inputs"] = [
        {"name": "text", "type": "STRING", "link": 1, "widget": {"name": "text"}},
        {"name": "clip", "type": "CLIP", "link": 2},
    ]
    return {
        "id": "text",
        "nodes": [encoder],
        "links": [
            {"id": i, "origin_id": a, "origin_slot": b, "target_id": c, "target_slot": d, "type": t}
            for i, a, b, c, d, t in links
        ],
        "inputs": [{"name": "text", "linkIds": [1]}, {"name": "clip", "linkIds": [2]}],
        "outputs": [{"name": "CONDITIONING", "linkIds": [3]}],
        **more,
    }


ENCODING = encoding(
    [(1, -10, 0, 7, 0, "STRING"), (2, -10, 1, 7, 1, "CLIP"), (3, 7, 0, -20, 0, "CONDITIONING")]
)


def encoded_by(subgraph_node, subgraph=ENCODING, links=(), others=()):
    """The prompt of a loader → a subgraph's node with the id 4 → an output."""
    nodes = [
        node(1, "Loader", ["b.safetensors"], outputs=["CLIP"]),
        subgraph_node,
        node(5, "Any", inputs=[("value", "*", 2)]),
        *others,
    ]
    wires = [[1, 1, 0, 4, 1, "CLIP"], [2, 4, 0, 5, 0, "*"], *map(list, links)]
    definitions = {"subgraphs": [subgraph]}
    return to_prompt({"nodes": nodes, "links": wires, "definitions": definitions}, OBJECT_INFO)


def subgraph_node(widgets, text_link=None, **more):
    slots = [("text", "STRING", text_link), ("clip", "CLIP", 1)]
    made = node(4, "text", widgets, slots, ["CONDITIONING"], **more)
    made["inputs"][0]["widget"] = {"name": "text"}
    return made


def test_a_subgraph_is_unpacked():
    prompt = encoded_by(subgraph_node(["outside"]))

    assert prompt["4:7"]["inputs"] == {"text": "outside", "clip": ["1", 0]}
    assert prompt["5"]["inputs"] == {"value": ["4:7", 0]}
    assert set(prompt) == {"1", "4:7", "5"}


def test_a_list_of_widgets_says_whose_values_a_subgraph_shows():
    listed = {"proxyWidgets": [["7", "seed"], ["-1", "text"]]}
    prompt = encoded_by(subgraph_node([3, "outside"], properties=listed))

    assert prompt["4:7"]["inputs"]["text"] == "outside"


def test_a_subgraph_that_shows_no_value_keeps_the_one_inside():
    assert encoded_by(subgraph_node([]))["4:7"]["inputs"]["text"] == "inside"


def test_a_link_into_a_subgraph_comes_before_its_widget():
    other = node(9, "PrimitiveNode", ["linked"], outputs=["STRING"])
    prompt = encoded_by(
        subgraph_node(["outside"], 3), links=[(3, 9, 0, 4, 0, "STRING")], others=[other]
    )

    assert prompt["4:7"]["inputs"]["text"] == "linked"


def test_a_subgraph_may_hold_another():
    outer = subgraph_node(["deep"], 1) | {"id": 8, "type": "text"}
    outer["inputs"][1]["link"] = 2
    around = encoding(
        [(1, -10, 0, 8, 0, "STRING"), (2, -10, 1, 8, 1, "CLIP"), (3, 8, 0, -20, 0, "*")],
        id="around",
        nodes=[outer],
    )
    nodes = [
        node(1, "Loader", ["b.safetensors"], outputs=["CLIP"]),
        subgraph_node(["outermost"]) | {"type": "around"},
        node(5, "Any", inputs=[("value", "*", 2)]),
    ]
    links = [[1, 1, 0, 4, 1, "CLIP"], [2, 4, 0, 5, 0, "*"]]
    workflow = {"nodes": nodes, "links": links, "definitions": {"subgraphs": [ENCODING, around]}}
    prompt = to_prompt(workflow, OBJECT_INFO)

    assert prompt["4:8:7"]["inputs"] == {"text": "outermost", "clip": ["1", 0]}
    assert prompt["5"]["inputs"] == {"value": ["4:8:7", 0]}


def test_a_muted_subgraph_is_not_sent():
    prompt = encoded_by(subgraph_node(["outside"], mode=2))

    assert set(prompt) == {"1", "5"}
    assert prompt["5"]["inputs"] == {}


def test_a_subgraph_inside_of_itself_is_refused():
    with pytest.raises(Failure, match="inside of itself"):
        encoded_by(
            subgraph_node(["outside"]), ENCODING | {"nodes": [subgraph_node([]) | {"id": 7}]}
        )


def test_missing_required_inputs_are_all_named():
    nodes = [
        node(1, "Masks", ["first"], outputs=["IMAGE"]),
        node(2, "Resize", ["like", "area"], [("image", "IMAGE", 1)], ["IMAGE"]),
        node(3, "Save", inputs=[("images", "IMAGE", 2)]),
    ]
    with pytest.raises(WorkflowError) as problem:
        convert(nodes, [(1, 1, 0, 2, 0, "IMAGE"), (2, 2, 0, 3, 0, "IMAGE")])
    assert "node 1 (Masks): required input 'masks.mask0' is missing" in str(problem.value)
    assert "node 2 (Resize): required input 'mode.other' is missing" in str(problem.value)


def test_a_node_that_leads_to_no_output_may_be_incomplete():
    assert inputs_of(node(1, "Encode", ["words"])) == {"text": "words"}


def test_a_workflow_without_output_is_refused():
    with pytest.raises(WorkflowError, match="no output node"):
        convert([node(1, "Picture", ["example.png"])])


def test_a_file_in_api_form_is_refused():
    with pytest.raises(WorkflowError, match="UI format"):
        to_prompt({"1": {"class_type": "Save", "inputs": {}}}, OBJECT_INFO)


def test_replace_sets_values_and_leaves_links_alone():
    prompt = {
        "1": {"class_type": "Sampler", "inputs": {"steps": 50}},
        "2": {"class_type": "Other", "inputs": {"steps": ["1", 0]}},
        "3": {"class_type": "Other", "inputs": {"steps": 9}},
    }
    assert replace(prompt, "steps", 4) == 2
    assert replace(prompt, "steps", 5, class_type="Sampler") == 1
    assert [prompt[i]["inputs"]["steps"] for i in "123"] == [5, ["1", 0], 4]
