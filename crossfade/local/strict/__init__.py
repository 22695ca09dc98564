"""moto's emulator made as strict as AWS where a release tool would trip.

Each rule names what AWS does; docs of moto's gaps are in the module that closes them.
"""
