module watchbox

go 1.26
