banner = vm0.memory.find('Linux version')
