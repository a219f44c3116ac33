-- The longest value; siblings come newest first, so of equally long ones the newest.
function resolve(key, siblings)
  local longest = 1
  for i, sibling in ipairs(siblings) do
    if #sibling.value > #siblings[longest].value then longest = i end
  end
  return longest
end
